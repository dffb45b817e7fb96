/** Debian's redis-server on a free port of this machine, in a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestRedis {
  readonly port: number;
  /** With the password. */
  readonly url: string;
  /** Ends it at once. Its data of the last second may be lost. */
  kill(): Promise<void>;
  /** Starts it again. @param empty without its data */
  restart(empty: boolean): Promise<void>;
  stop(): Promise<void>;
}

export const PASSWORD = 'a-secret-of-tests';

/** Whether the program is installed. */
export const hasRedis = (): boolean => has('redis-server');

function has(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A program that lets Redis end with this process, even if this one is killed. */
const ENDS_WITH_US = has('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];

/** A certificate for this machine and its key: paths of PEM files. The certificate is its own authority. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Undefined if openssl is not installed. @param folder in which the files are written */
export function createCertificate(folder: string): Certificate | undefined {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const words = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'];
  try {
    execFileSync('openssl', [...words, '-subj', '/CN=localhost', '-addext', ALSO, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    return { cert, key };
  } catch {
    return undefined;
  }
}

const ALSO = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

/**
 * @param more further arguments, such as `--maxmemory 2mb`
 * @param tls the server speaks TLS only
 */
export async function startRedis(
  more: readonly string[] = [],
  host = '127.0.0.1',
  tls?: Certificate,
): Promise<TestRedis> {
  const portWords = (port: number): string[] =>
    tls
      ? [
          ...['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'no'],
          ...['--tls-cert-file', tls.cert, '--tls-key-file', tls.key, '--tls-ca-cert-file', tls.cert],
        ]
      : ['--port', `${port}`];
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const [file, ...before] = [...ENDS_WITH_US, 'redis-server'];
    child = spawn(
      file!,
      [
        ...before,
        ...portWords(port),
        ...['--bind', host, '--dir', folder, '--requirepass', PASSWORD, '--save', ''],
        ...['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'],
        ...more,
      ],
      { stdio: 'ignore' },
    );
    for (let tries = 0; !(await answers(host, port)); tries++) {
      if (tries > 200 || child.exitCode !== null) throw new Error('redis-server does not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  return {
    port,
    url: `${tls ? 'rediss' : 'redis'}://:${PASSWORD}@${host}:${port}`,
    kill,
    async restart(empty) {
      if (empty) rmSync(join(folder, 'appendonlydir'), { recursive: true, force: true });
      await start();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const answers = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
