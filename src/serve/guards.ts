/** Hooks that run before the routes: security headers, host names, bearer token, rate limit, and 503 under overload. */
import { getHeapStatistics } from 'node:v8';
import bearerAuth from '@fastify/bearer-auth';
import helmet from '@fastify/helmet';
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { RecdistillError } from '../errors.js';
import type { Budget } from './budget.js';
import type { Connections } from './connections.js';
import type { Metrics } from './metrics.js';
import type { ServeOptions } from './options.js';
import { createHostCheck } from './origin.js';
import { countRequest, type RateTable, WINDOW } from './rate-table.js';
import { sincePrepared } from './served.js';
import { createTokenCheck } from './token.js';

/** Seconds after which a client may retry after 503. */
export const RETRY_AFTER = 1;

/**
 * Sets security headers on every response. helmet computes them once, because doing it for every request takes a tenth
 * of the request's time. The pages of the server contain styles but no scripts.
 */
export async function setHeaders(app: FastifyInstance): Promise<void> {
  const probe = fastify();
  await probe.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'unsafe-inline'"],
        frameAncestors: ["'none'"],
        formAction: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // The server speaks plain HTTP. A TLS proxy in front of it decides about this header.
    strictTransportSecurity: false,
    // Covered by the policy above, or only for obsolete browsers.
    xFrameOptions: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
    originAgentCluster: false,
  });
  probe.get('/', (_request, reply) => reply.code(204).send());
  const { headers } = await probe.inject('/');
  await probe.close();
  const { date: _, connection: __, ...security } = headers;
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(security);
    done();
  });
}

/** Rejects requests without the token (401). Tokens are compared in constant time. */
export async function requireToken(app: FastifyInstance, token: string): Promise<void> {
  await app.register(bearerAuth, {
    keys: [],
    auth: createTokenCheck(token),
    addHook: false,
    // The name of the scheme in any case, as RFC 9110 has it.
    specCompliance: 'rfc6749',
    verifyErrorLogLevel: 'debug',
  });
  app.addHook('onRequest', (request, reply, done) =>
    app.verifyBearerAuth!(request, reply, (error) => {
      if (!error) return done();
      const problem = request.headers.authorization ? 'the token is wrong' : 'the token is missing';
      reply.header('www-authenticate', 'Bearer');
      done(new RecdistillError('not-allowed', { problem }));
    }),
  );
}

/** Answers 429 to addresses that send more than `most` requests per second. */
export async function limitRate(app: FastifyInstance, most: number, table: RateTable): Promise<void> {
  class SharedStore implements FastifyRateLimitStore {
    incr(address: string, done: (error: Error | null, result: { current: number; ttl: number }) => void): void {
      const now = Date.now();
      done(null, { current: countRequest(table, address, now), ttl: WINDOW - (now % WINDOW) });
    }
    child(): FastifyRateLimitStore {
      return this;
    }
  }
  await app.register(rateLimit, {
    global: false,
    max: most,
    timeWindow: WINDOW,
    store: SharedStore,
    errorResponseBuilder: () =>
      new RecdistillError('too-many-requests', { most, window: 'a second', after: 'a second' }),
  });
  // A hook of this scope, not of its routes: it runs before the token check, so that tokens cannot be guessed quickly.
  app.addHook('onRequest', app.rateLimit());
}

/** Rejects bodies that are compressed, or coded otherwise (415). */
export function refuseCodedBodies(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, reply, done) => {
    const coding = raw.headers['content-encoding'];
    if (coding === undefined || coding.toLowerCase() === 'identity') return done();
    reply.header('accept-encoding', 'identity');
    return done(new RecdistillError('coded-body', { coding: coding.slice(0, 50) }));
  });
}

/** Rejects requests for host names that this server does not have (421), and requests with several (400). */
export function checkHost(app: FastifyInstance, { host, allowedHosts }: ServeOptions): void {
  const check = createHostCheck(host, allowedHosts);
  app.addHook('onRequest', (request, _reply, done) => done(check(request.raw)));
}

export interface ByteLimit {
  readonly budget: Budget;
  readonly connections: Connections;
  readonly metrics: Metrics;
  /** Maximum length of a request body in bytes. */
  readonly most: number;
}

/** Answers 503 while the bodies that arrive and the answers that wait to be read have too many bytes in total. */
export function limitBytes(app: FastifyInstance, { budget, connections, metrics, most }: ByteLimit): void {
  const refused = (): RecdistillError => {
    metrics.refused('buffered');
    const problem = `${budget.total} bytes of requests and answers are waiting for other clients`;
    return new RecdistillError('overloaded', { problem });
  };
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const bytes = bodyBytes(raw.headers, most);
    if (bytes === 0 || !connections.has(raw.socket) || budget.hold(raw.socket, bytes)) done();
    else done(refused());
  });
  app.addHook('onSend', ({ raw }, reply, payload, done) => {
    // Errors are small, and the one below must get through.
    if (reply.statusCode >= 400 || !connections.has(raw.socket)) done();
    else if (budget.hold(raw.socket, sizeOf(payload))) done();
    else done(refused());
  });
}

/** Bytes that the body of a request may have. */
function bodyBytes(headers: FastifyRequest['raw']['headers'], most: number): number {
  if (headers['transfer-encoding'] !== undefined) return most;
  return Math.min(most, Number(headers['content-length'] ?? 0));
}

const sizeOf = (payload: unknown): number =>
  typeof payload === 'string' || payload instanceof Uint8Array ? Buffer.byteLength(payload) : 0;

/** Milliseconds over which the waiting time is averaged. */
const WATCHED = 1000;
/** The share of the heap limit from which on requests are refused by default. Beyond the limit, the process would end. */
const HEAP_SHARE = 0.85;

/**
 * Answers 503 while requests wait for this thread longer than `maxDelay` milliseconds on average, or memory is short. The
 * pause during a reload does not count as overload: requests that waited for it are answered.
 */
export async function shedLoad(app: FastifyInstance, options: ServeOptions, metrics: Metrics): Promise<void> {
  const { maxDelay, maxHeap, maxRss } = options;
  await app.register(underPressure, {
    maxEventLoopDelay: maxDelay,
    maxHeapUsedBytes: maxHeap === undefined ? HEAP_SHARE * getHeapStatistics().heap_size_limit : maxHeap * 1e6,
    maxRssBytes: maxRss * 1e6,
    sampleInterval: WATCHED,
    async pressureHandler(_request, _reply, type, value) {
      const amount = value ?? Number.NaN;
      // Not finite means that nothing has been measured yet.
      if (!Number.isFinite(amount)) return;
      if (type === underPressure.TYPE_EVENT_LOOP_DELAY) {
        if (sincePrepared() < 2 * WATCHED) return;
        metrics.refused('delay');
        throw new RecdistillError('overloaded', { problem: `requests wait ${Math.round(amount)} ms on average` });
      }
      metrics.refused('memory');
      const what = type === underPressure.TYPE_HEAP_USED_BYTES ? 'heap' : 'resident memory';
      throw new RecdistillError('overloaded', { problem: `its ${what} has ${Math.round(amount / 1e6)} MB` });
    },
  });
}
