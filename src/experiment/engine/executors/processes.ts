/**
 * Jobs in child processes of this machine, one in each at a time. Threads and memory are divided between them. A child lives as long as the
 * executor, so that it loads the data once; one that has died is replaced.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Control, type Done, type Executor, LostProcess, type Task } from '../executor.js';
import { type FromChild, receivedError, type ToChild } from './messages.js';

export interface ProcessesOptions {
  /** Jobs at the same time; never more than there are threads. */
  readonly jobs: number;
  /** Threads of all children together. */
  readonly threads: number;
  /** Bytes for tables and scores of all children together. */
  readonly memoryLimit?: number | undefined;
}

const program = fileURLToPath(new URL('./child.js', import.meta.url));

/** The threads of each of `count` processes, or of as many as there are threads. */
export function sharesOf(threads: number, count: number): number[] {
  const lanes = Math.min(threads, count);
  return Array.from({ length: lanes }, (_, at) => Math.floor((threads + lanes - 1 - at) / lanes));
}

export function processesExecutor({ jobs, threads, memoryLimit }: ProcessesOptions): Executor {
  const shares = sharesOf(threads, jobs);
  const memory = memoryLimit === undefined ? {} : { memoryLimit: Math.floor(memoryLimit / shares.length) };
  const free: Lane[] = shares.map((threads) => ({
    machine: { type: 'machine', threads, ...memory },
    child: undefined,
  }));
  const all = [...free];
  return {
    ...{ atOnce: shares.length, ships: true },
    async run(task, control) {
      const lane = free.shift();
      if (!lane) throw new Error('more jobs than processes');
      try {
        lane.child ??= start(lane.machine);
        return await workOf(lane.child, task, control);
      } catch (error) {
        if (error instanceof LostProcess) lane.child = undefined;
        throw error;
      } finally {
        free.unshift(lane);
      }
    },
    async close() {
      await Promise.all(all.map(({ child }) => child && endOf(child)));
    },
  };
}

interface Lane {
  readonly machine: ToChild & { readonly type: 'machine' };
  child: ChildProcess | undefined;
}

function start(machine: Lane['machine']): ChildProcess {
  const child = fork(program, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', process.env.RECDISTILL_DEBUG ? 'inherit' : 'ignore', 'ipc'],
    // Ctrl-C in the terminal is for this process alone. A child stops when it is told to, and when the channel to it closes, also if this
    // process is killed.
    detached: true,
  });
  send(child, machine);
  return child;
}

/** A message to a child that has just died is lost, and its end is noticed by itself. */
function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}

function workOf(child: ChildProcess, task: Task, { listen, signal }: Control): Promise<Done> {
  return new Promise((resolve, reject) => {
    const stop = () => send(child, { type: 'stop' });
    const settle = () => {
      child.off('message', hear);
      child.off('exit', exit);
      child.off('error', broke);
      signal.removeEventListener('abort', stop);
    };
    const hear = (message: FromChild) => {
      if (message.type === 'event') return listen(message.event);
      settle();
      if (message.type === 'done') resolve(message.done);
      else reject(receivedError(message.error));
    };
    const exit = (code: number | null, killedBy: NodeJS.Signals | null) => {
      settle();
      reject(new LostProcess(killedBy ?? `exit code ${code}`));
    };
    const broke = (error: Error) => {
      settle();
      reject(new LostProcess(error.message));
    };
    child.on('message', hear);
    child.on('exit', exit);
    child.on('error', broke);
    signal.addEventListener('abort', stop);
    if (child.exitCode !== null || child.signalCode !== null) return exit(child.exitCode, child.signalCode);
    send(child, { type: 'task', task });
    if (signal.aborted) stop();
  });
}

/** Lets a child go, and waits until it has. */
function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on('exit', () => resolve());
    if (child.connected) child.disconnect();
  });
}
