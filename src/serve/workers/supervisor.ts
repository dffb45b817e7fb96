/**
 * A server with several workers. This process keeps the port open and starts a child process, which inherits the open socket
 * once per thread: the system passes every connection to a free thread. A child that dies or hangs is replaced. Connections
 * wait meanwhile.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fail } from '../../errors.js';
import type { About } from '../about.js';
import { limitOf } from '../close.js';
import { startHealth } from '../health/health.js';
import { createWatch, type HealthStatus } from '../health/status.js';
import { urlOf } from '../listen.js';
import type { ServeOptions } from '../options.js';
import type { Serving } from '../serving.js';
import { type Calls, createCalls } from './calls.js';
import type { ProcessStart } from './process.js';
import { openSocket } from './socket.js';

/** File descriptors 0 to 3 are stdin, stdout, stderr and the message channel. */
const FIRST_SOCKET = 4;
/** A process that dies this many times within a minute is not restarted. */
const MAX_DEATHS = 5;
/** Milliseconds between two questions whether the process and its threads are alive. */
const BEAT = 500;

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly calls: Calls;
  /** What it serves since its start. */
  readonly bundle: About;
  /** Resolves to a description of how it ended. */
  readonly ended: Promise<string>;
}

type StartedProcess = Omit<WorkerProcess, 'bundle'>;

export async function serveWithWorkers(folder: string, options: ServeOptions, token?: string): Promise<Serving> {
  if (process.platform === 'win32') {
    const hint = 'Use --workers 1, and start several servers behind a proxy.';
    fail('usage', { problem: 'several workers require Linux or macOS', hint });
  }
  const sockets = Array.from({ length: options.workers }, (_, n) => FIRST_SOCKET + n);
  const starting: ProcessStart = { folder, options, sockets, ...(token !== undefined && { token }) };
  const socket = await openSocket(options);
  let current: StartedProcess | undefined;
  let closing: Promise<void> | undefined;
  let team: Promise<WorkerProcess>;

  const begin = async (): Promise<WorkerProcess> => {
    const started = startProcess(socket.fd, options.workers);
    current = started;
    const bundle = await started.calls.call('start', starting).catch(async (cause: unknown) => {
      started.child.kill('SIGKILL');
      await started.ended;
      throw cause;
    });
    return { ...started, bundle: bundle as About };
  };
  const health = await startHealth(
    options,
    token,
    async () => (await team).calls.call('metricsText') as Promise<string>,
  ).catch((cause: unknown) => {
    socket.close();
    throw cause;
  });
  team = begin();
  const { bundle } = await team.catch(async (cause: unknown) => {
    socket.close();
    await health.close();
    throw cause;
  });

  const watched = async (): Promise<void> => {
    const deaths: number[] = [];
    for (;;) {
      const end = await team.then(
        (running) => follow(running, options, health.status),
        (cause: Error) => cause.message,
      );
      if (closing) return;
      health.status.phase = 'starting';
      deaths.push(Date.now());
      if (deaths.length >= MAX_DEATHS && Date.now() - deaths.at(-MAX_DEATHS)! < 60_000) {
        socket.close();
        await health.close();
        fail('server-failed', { problem: `its process died ${deaths.length} times, most recently with: ${end}` });
      }
      await wait(100 * (deaths.length - 1));
      if (closing) return;
      team = begin();
    }
  };
  const ended = watched().finally(() => closing);
  // Callers need not handle the rejection of `ended`.
  ended.catch(() => undefined);

  const close = async (): Promise<void> => {
    health.status.phase = 'stopping';
    // The threads have the port open as long as they accept connections.
    socket.close();
    const running = current;
    if (running) {
      // Whatever the call below waits for, the process ends.
      const timer = setTimeout(() => running.child.kill('SIGKILL'), limitOf(options));
      const told = running.calls.call('close').catch(() => undefined);
      void told.then(() => running.child.connected && running.child.disconnect());
      await running.ended;
      clearTimeout(timer);
    }
    await health.close();
  };
  return {
    url: urlOf({ host: options.host, port: socket.port }),
    port: socket.port,
    bundle,
    ...health.place,
    reload: async () => (await team).calls.call('reload') as Promise<About>,
    close() {
      closing ??= close();
      return closing;
    },
    ended,
  };
}

/** Watches a process until it has ended, and kills it if it hangs. Returns a description of how it ended. */
async function follow(
  { child, calls, ended }: WorkerProcess,
  { workers, hangTimeout }: ServeOptions,
  status: HealthStatus,
): Promise<string> {
  status.phase = 'serving';
  const limit = Math.ceil((1000 * hangTimeout) / BEAT);
  const watches = Array.from({ length: workers }, () => createWatch(limit));
  let beats = watches.map(() => 0);
  let hung: string | undefined;
  const timer = setInterval(() => {
    // An answer that does not come leaves the counts of all threads as they are.
    void calls.call('beats').then(
      (given) => {
        beats = given as number[];
      },
      () => undefined,
    );
    const silent = watches.filter((watch, n) => watch.look(beats[n]!)).length;
    if (silent === 0) status.beat();
    else if (hung === undefined) {
      hung = `${silent} of its ${workers} threads did not respond for ${hangTimeout} seconds`;
      process.stderr.write(`${JSON.stringify({ level: 60, time: Date.now(), msg: `a worker hangs: ${hung}` })}\n`);
      child.kill('SIGKILL');
    }
  }, BEAT);
  const end = await ended;
  clearInterval(timer);
  return hung ?? end;
}

function startProcess(socket: number, workers: number): StartedProcess {
  const child = fork(fileURLToPath(new URL('./process.js', import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...Array.from({ length: workers }, () => socket)],
    // Node options of this process, such as those of a test runner or a debugger, must not be inherited.
    execArgv: [],
  });
  const calls = createCalls(
    {
      // That the other process has died is told by 'exit'.
      post: (message) => child.connected && child.send(message as object, () => undefined),
      onMessage: (take) => child.on('message', take),
    },
    {},
  );
  child.on('exit', (code, signal) => calls.hangUp(`its process ended with ${signal ?? code}`));
  child.on('error', (error) => calls.hangUp(error.message));
  const ended = once(child, 'exit').then(
    ([code, signal]) => String(signal ?? code),
    (error: Error) => error.message,
  );
  return { child, calls, ended };
}
