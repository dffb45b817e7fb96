/** `recdistill serve` as a process under test, on a bundle that is large enough for answers of several megabytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeBundle } from 'recdistill/bundle';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
/** Milliseconds for a server to start or to end. Far more than it needs, so that only one that never does fails. */
const LIMIT = 120_000;

export const USERS = 300;
/** What the command line of a worker process contains. */
const WORKER = 'workers/process.js';

export interface Server {
  readonly port: number;
  readonly child: ChildProcess;
  /** The process that answers requests, if it is another one. */
  worker(): number | undefined;
  /** Resident memory of the server in MB. */
  memory(): number;
  /** Sends SIGTERM. @throws if it does not end, or with another exit code than 0 */
  stop(): Promise<void>;
  /** Ends it in any case. */
  kill(): void;
}

/** @param seed another one makes another student of the same size */
export function writeStudent(folder: string, seed: number): void {
  const [nItems, dim] = [1000, 8];
  const wave = (length: number, step: number) =>
    Float32Array.from({ length }, (_, j) => Math.sin((j + seed) * step + seed));
  writeBundle(
    folder,
    {
      ...{ nUsers: USERS, nItems, dim },
      ...{ userFactors: wave(USERS * dim, 1.7), itemFactors: wave(nItems * dim, 2.9) },
      userIds: Array.from({ length: USERS }, (_, u) => `user-${u}`),
      itemIds: Array.from({ length: nItems }, (_, i) => `item-${i}`),
      labels: Array.from({ length: nItems }, (_, i) => `The item with number ${i}`),
    },
    { dataFingerprint: 'campaign', licence: 'none', madeBy: {}, metrics: { 'recall@10': 0.5 } },
  );
}

export async function startServer(folder: string, ...flags: readonly string[]): Promise<Server> {
  const words = [program, 'serve', folder, '--port', '0', '--log', 'silent', ...flags];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let said = '';
  const port = await within(
    'a server starts',
    new Promise<number>((resolve, reject) => {
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        said += part;
        const found = /Serving .* on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      void ended.then(() => reject(new Error(`the server ended: ${said}`)));
    }),
  ).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  const workers = new Set<number>();
  const worker = (): number | undefined => {
    const found = workerOf(child.pid!);
    if (found !== undefined) workers.add(found);
    return found;
  };
  const kill = (): void => {
    worker();
    child.kill('SIGKILL');
    // A worker that hangs would outlive its parent.
    for (const pid of workers) if (contentOf(`/proc/${pid}/cmdline`).includes(WORKER)) killQuietly(pid);
  };
  return {
    ...{ port, child, kill },
    worker,
    memory: () => residentOf(child.pid!) + residentOf(worker()),
    async stop() {
      child.kill('SIGTERM');
      const [code, signal] = await within('a server ends', ended);
      if (code !== 0) throw new Error(`the server ended with ${signal ?? code}: ${said}`);
    },
  };
}

/** @throws if `work` takes longer than any machine needs */
export async function within<T>(what: string, work: Promise<T>, limit = LIMIT): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${limit / 1000} seconds`)), limit);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Starts a server, runs `body`, and ends the server in any case. Returns its largest memory in MB. */
export async function withServer(
  folder: string,
  flags: readonly string[],
  body: (server: Server) => Promise<void>,
): Promise<number> {
  const server = await startServer(folder, ...flags);
  let peak = server.memory();
  const timer = setInterval(() => {
    peak = Math.max(peak, server.memory());
  }, 100);
  try {
    await body(server);
  } finally {
    clearInterval(timer);
    server.kill();
  }
  return peak;
}

/** The child of a process that runs the workers, on Linux. */
function workerOf(parent: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const found = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    const own = new RegExp(`^PPid:\\s+${parent}$`, 'm').test(contentOf(`/proc/${name}/status`));
    return own && contentOf(`/proc/${name}/cmdline`).includes(WORKER);
  });
  return found === undefined ? undefined : Number(found);
}

const residentOf = (pid: number | undefined): number =>
  pid === undefined ? 0 : Number(/^VmRSS:\s+(\d+)/m.exec(contentOf(`/proc/${pid}/status`))?.[1] ?? 0) / 1000;

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}

/** Stops a process as a debugger does. Resolves once it does not run anymore. */
export async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!/^State:\s+T/m.test(contentOf(`/proc/${pid}/status`))) await wait(1);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
