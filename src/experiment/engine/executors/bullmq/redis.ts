/** The connection to Redis: its address, which may hold a password and is never shown, and errors that say what to do. */
import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import { fail, RecdistillError } from '../../../../errors.js';
import { paced } from '../../../../formats/pace.js';

/** Environment variable with the address, so that a password is not in the list of processes. */
export const QUEUE_VARIABLE = 'RECDISTILL_QUEUE';

const EXPECTED = `redis://HOST:PORT, rediss://USER:PASSWORD@HOST:PORT/DB, or "env" for the variable ${QUEUE_VARIABLE}`;

/** Where a queue is. */
export interface QueueAddress {
  readonly connection: RedisOptions;
  /** Without user and password. */
  readonly shown: string;
}

/**
 * Parses the address of a queue.
 * @param given a URL, or `env`
 * @throws RecdistillError `bad-option`, which does not repeat the password
 */
export function queueAddress(given: string, environment: NodeJS.ProcessEnv = process.env): QueueAddress {
  const text = given === 'env' ? environment[QUEUE_VARIABLE] : given;
  const refuse = (what: string): never =>
    fail('bad-option', { option: '--queue', owner: 'queue', given: what, expected: EXPECTED });
  if (!text) return refuse(`"env", and ${QUEUE_VARIABLE} is not set`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse('no URL');
  }
  const { protocol, hostname, port, username, password, pathname } = url;
  if (protocol !== 'redis:' && protocol !== 'rediss:') return refuse(`a URL of ${protocol.slice(0, -1)}`);
  if (hostname === '') return refuse('a URL without a host');
  const [, db] = /^\/?(\d*)$/.exec(pathname) ?? [];
  if (db === undefined) return refuse(`a URL with the database "${pathname.slice(1)}", which is no number`);
  if (url.search !== '' || url.hash !== '') return refuse('a URL with further parts after the database');
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    connection: {
      ...{ host, port: port === '' ? 6379 : Number(port), db: Number(db) },
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    },
    shown: `${protocol}//${hostname}:${port === '' ? 6379 : port}${db === '' ? '' : `/${db}`}`,
  };
}

type Bull = typeof import('bullmq');

/** An open connection with the package that works on it. */
export interface QueueLink {
  readonly redis: Redis;
  readonly bull: Bull;
  /** Options of BullMQ's objects on this connection. */
  readonly shared: { readonly connection: Redis; readonly prefix: string; readonly skipVersionCheck: true };
  readonly shown: string;
  /** Whether commands are answered now. */
  isUp(): boolean;
  /** Begins a new connection. Commands without an answer fail. */
  reconnect(): void;
  close(): Promise<void>;
}

/** Prefix of all keys in Redis. */
export const PREFIX = 'recdistill';

/** How long a first connection is waited for. */
const PATIENCE_MS = 1000 * paced(20);
/** Between two attempts to connect. */
const [FIRST_RETRY_MS, LAST_RETRY_MS] = [100, 2000];
/** BullMQ needs it. */
const OLDEST = [6, 2];

export interface OpenOptions {
  readonly say: (text: string) => void;
  /** Milliseconds for which a first connection is waited for. Default: 20 s. */
  readonly patience?: number;
}

/**
 * Connects to Redis. Later losses of the connection are reported and waited out.
 * @throws RecdistillError `queue-failed` without the packages, if no Redis answers, for a wrong password, or for a Redis that is too old
 */
export async function openQueue({ connection, shown }: QueueAddress, options: OpenOptions): Promise<QueueLink> {
  const { say, patience = PATIENCE_MS } = options;
  const { bull, IoRedis } = await packages();
  const redis = new IoRedis({
    ...connection,
    ...{ maxRetriesPerRequest: null, lazyConnect: true, connectTimeout: 5000, connectionName: PREFIX },
    retryStrategy: (times: number) => Math.min(FIRST_RETRY_MS * times, LAST_RETRY_MS),
  });
  try {
    await firstAnswer(redis, shown, say, patience);
    await checkServer(redis, shown, say);
  } catch (error) {
    redis.disconnect();
    throw error instanceof RecdistillError ? error : queueError(shown, error);
  }
  follow(redis, shown, say);
  return {
    ...{ redis, bull, shown, shared: { connection: redis, prefix: PREFIX, skipVersionCheck: true } },
    isUp: () => redis.status === 'ready',
    reconnect: () => redis.disconnect(true),
    async close() {
      if (redis.status === 'ready') await Promise.race([redis.quit().catch(() => {}), sleep(1000)]);
      redis.disconnect();
    },
  };
}

const sleep = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref();
  });

async function packages(): Promise<{ bull: Bull; IoRedis: typeof Redis }> {
  try {
    const [bull, { Redis: IoRedis }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bull, IoRedis };
  } catch (cause) {
    const problem = 'the packages bullmq and ioredis are not installed';
    return fail('queue-failed', { problem, hint: 'Install them: npm install bullmq ioredis.' }, cause);
  }
}

/** Errors that do not end by waiting. */
const FINAL =
  /WRONGPASS|NOAUTH|NOPERM|invalid (?:username|password)|certificate|self.signed|wrong version number|EPROTO/i;

function firstAnswer(redis: Redis, shown: string, say: (text: string) => void, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    let ended = false;
    const end = (error?: unknown): void => {
      ended = true;
      clearTimeout(timer);
      redis.off('error', fault);
      redis.off('ready', ready);
      // Errors of a connection that is being closed are not reported.
      redis.on('error', () => {});
      if (error === undefined) resolve();
      else reject(queueError(shown, error));
    };
    const fault = (error: unknown): void => {
      if (ended) return;
      if (last === undefined) say(`Waiting for Redis at ${shown} (${describe(error)}).`);
      last = error;
      if (FINAL.test(describe(error))) end(error);
    };
    const ready = (): void => end();
    const timer = setTimeout(() => end(last ?? new Error('no answer')), patience);
    redis.on('error', fault);
    redis.on('ready', ready);
    redis.connect().catch(fault);
  });
}

async function checkServer(redis: Redis, shown: string, say: (text: string) => void): Promise<void> {
  const info = await redis.info();
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0]! || (major === OLDEST[0] && minor < OLDEST[1]!))
    fail('queue-failed', {
      problem: `Redis at ${shown} has version ${version}; expected ${OLDEST.join('.')} or later`,
      hint: 'Install a later version of Redis.',
    });
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction')
    say(
      `Warning: Redis at ${shown} has the maxmemory-policy ${policy}. When it is full, it forgets jobs, which are then added again. Set maxmemory-policy noeviction.`,
    );
}

/** Reports when the connection is lost and when it is there again. */
function follow(redis: Redis, shown: string, say: (text: string) => void): void {
  let down = false;
  redis.on('error', () => {});
  redis.on('close', () => {
    if (down) return;
    down = true;
    // Not after `close`, which ends the connection on purpose.
    setImmediate(() => {
      if (redis.status !== 'end') say(`Redis at ${shown} does not answer. Running jobs go on; waiting.`);
    });
  });
  redis.on('ready', () => {
    if (down) say(`Redis at ${shown} answers again.`);
    down = false;
  });
}

const describe = (error: unknown): string => {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || 'no answer';
};

/**
 * The error of a command that Redis has refused or not answered. The cause is left out: the errors of the driver repeat its commands, and
 * that of the password among them.
 */
export function queueError(shown: string, error: unknown): RecdistillError {
  if (error instanceof RecdistillError) return error;
  const text = describe(error);
  const [problem, hint] = reasonOf(text, shown.startsWith('rediss:'));
  return new RecdistillError('queue-failed', { problem: `Redis at ${shown} ${problem}`, hint });
}

function reasonOf(text: string, tls: boolean): [problem: string, hint: string] {
  if (/WRONGPASS|invalid (?:username|password)/i.test(text))
    return ['refuses the password', 'Correct user and password in the address.'];
  if (/NOAUTH/.test(text))
    return ['wants a password', `Give the address with one: redis://:PASSWORD@HOST:PORT, in ${QUEUE_VARIABLE}.`];
  if (/NOPERM/.test(text))
    return [
      'does not allow this user all commands of the queue',
      `Allow it the keys ${PREFIX}:* and all commands on them, channels and scripts.`,
    ];
  if (isFull(text))
    return ['is full', 'Raise its maxmemory, or remove other data. Nothing is lost: run the same command again.'];
  if (/certificate|self.signed/i.test(text))
    return [`has a certificate that is not trusted (${text})`, 'Set NODE_EXTRA_CA_CERTS to the file of its authority.'];
  if (/wrong version number|EPROTO/i.test(text))
    return ['does not speak TLS on this port', 'Use redis:// instead of rediss://, or its TLS port.'];
  const port = `correct host and port, or use ${tls ? 'redis:// if the port has no TLS' : 'rediss:// if the port has TLS'}`;
  return [`does not answer: ${text}`, `Start Redis, ${port}. Finished jobs are kept.`];
}

/** Whether the connection was lost before Redis answered a command, or Redis is starting: it may be tried again. */
export const isLost = (error: unknown): boolean =>
  /Connection is closed|Connection is lost|isn't writeable|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|LOADING Redis/i.test(
    describe(error),
  );

/** Whether Redis refused a command because it has no memory left. */
export const isFull = (text: string): boolean => /OOM command not allowed|OutOfMemory/i.test(text);
