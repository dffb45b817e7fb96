/**
 * A server with several workers. This process opens the port and starts a child process, which inherits the open socket
 * once per thread: the system passes every connection to a free thread. If the child dies, it is restarted.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fail, RecdistillError } from '../../errors.js';
import { listen, type Place, urlOf } from '../listen.js';
import type { ServeOptions } from '../options.js';
import type { Serving } from '../serving.js';
import { type Calls, createCalls } from './calls.js';
import type { ProcessStart } from './process.js';

/** File descriptors 0 to 3 are stdin, stdout, stderr and the message channel. */
const FIRST_SOCKET = 4;
/** A process that dies this many times within a minute is not restarted. */
const MAX_DEATHS = 5;

interface WorkerProcess {
  readonly child: ChildProcess;
  readonly calls: Calls;
}

export async function serveWithWorkers(folder: string, options: ServeOptions, token?: string): Promise<Serving> {
  if (process.platform === 'win32') {
    const hint = 'Use --workers 1, and start several servers behind a proxy.';
    fail('usage', { problem: 'several workers require Linux or macOS', hint });
  }
  const sockets = Array.from({ length: options.workers }, (_, n) => FIRST_SOCKET + n);
  const starting: ProcessStart = { folder, options, sockets, ...(token !== undefined && { token }) };
  let port = options.port;
  let closing: Promise<void> | undefined;

  const begin = async (): Promise<WorkerProcess> => {
    const team = await open({ host: options.host, port }, options.workers, (taken) => {
      port = taken;
    });
    await team.calls.call('start', starting).catch(async (cause: unknown) => {
      team.child.kill();
      throw cause;
    });
    return team;
  };

  let team = begin();
  await team;
  const watched = async (): Promise<void> => {
    const deaths: number[] = [];
    for (;;) {
      const end = await team.then(endOf, (cause: Error) => cause.message);
      if (closing) return;
      deaths.push(Date.now());
      if (deaths.length >= MAX_DEATHS && Date.now() - deaths.at(-MAX_DEATHS)! < 60_000) {
        fail('server-failed', { problem: `its process died ${deaths.length} times, most recently with: ${end}` });
      }
      await wait(100 * deaths.length);
      if (closing) return;
      team = begin();
    }
  };
  const ended = watched();
  // Callers need not handle the rejection of `ended`.
  ended.catch(() => undefined);

  const close = async (): Promise<void> => {
    const now = await team.catch(() => undefined);
    if (!now) return;
    const { child, calls } = now;
    await calls.call('close').catch(() => undefined);
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * (options.grace + 5));
    await endOf(now);
    clearTimeout(timer);
  };
  return {
    url: urlOf({ host: options.host, port }),
    port,
    reload: async () => (await team).calls.call('reload') as Promise<object>,
    close() {
      closing ??= close();
      return closing;
    },
    ended,
  };
}

/** Waits until a process has ended. Returns a description of how it ended. */
async function endOf({ child }: WorkerProcess): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return String(child.signalCode ?? child.exitCode);
}

/** Opens the port and starts the process. @param taken called with the port before anything else can fail */
async function open(place: Place, workers: number, taken: (port: number) => void): Promise<WorkerProcess> {
  const server = createServer();
  taken(await listen(server, place));
  const socket = descriptorOf(server);
  const child = fork(fileURLToPath(new URL('./process.js', import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...Array.from({ length: workers }, () => socket)],
    // Node options of this process, such as those of a test runner or a debugger, must not be inherited.
    execArgv: [],
  });
  // No connection was accepted here: the event loop has not run since the port was opened.
  server.close();
  const calls = createCalls(
    {
      post: (message) => child.connected && child.send(message as object),
      onMessage: (take) => child.on('message', take),
    },
    {},
  );
  child.on('exit', (code, signal) => calls.hangUp(`its process ended with ${signal ?? code}`));
  child.on('error', (error) => calls.hangUp(error.message));
  return { child, calls };
}

/** The file descriptor of an open socket. Node has no public API for it. */
function descriptorOf(server: Server): number {
  const fd = (server as unknown as { _handle?: { fd?: number } })._handle?.fd;
  if (fd !== undefined && fd >= 0) return fd;
  throw new RecdistillError('server-failed', {
    problem: 'this version of Node does not provide the file descriptor of a socket',
  });
}
