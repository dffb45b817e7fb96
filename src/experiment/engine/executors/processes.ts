/**
 * Runs jobs in child processes of this machine, one job in each at a time. Threads and memory are divided between the children. A child
 * lives as long as the executor, so that it loads the data once. A child that has died is replaced.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ArithmeticWord, arithmeticOf, nodeArguments } from '../../../kernels/index.js';
import { programParts, totalOf } from '../../../memory/index.js';
import { type Control, type Done, type Executor, LostProcess, type Task } from '../executor.js';
import { type FromChild, receivedError, type ToChild } from './messages.js';

export interface ProcessesOptions {
  /** Number of jobs at the same time; at most the number of threads. */
  readonly jobs: number;
  /** Threads of all children together. */
  readonly threads: number;
  /** Bytes of this process and all children together. This process takes what a program without data does. */
  readonly memoryLimit?: number | undefined;
  /** Default: `auto`. */
  readonly arithmetic?: ArithmeticWord | undefined;
}

/** Milliseconds that a child may take to stop. */
const STOP_MS = 1200;

const program = fileURLToPath(new URL('./child.js', import.meta.url));

/** The threads of each of `count` processes, or of as many as there are threads. */
export function sharesOf(threads: number, count: number): number[] {
  const processes = Math.min(threads, count);
  return Array.from({ length: processes }, (_, at) => Math.floor((threads + processes - 1 - at) / processes));
}

/** Bytes of each of `count` processes, if they and this process have `limit` bytes together. */
export const memoryShare = (limit: number, count: number): number =>
  Math.max(1e6, Math.floor((limit - totalOf(programParts(1))) / count));

export function processesExecutor({ jobs, threads, memoryLimit, arithmetic: word }: ProcessesOptions): Executor {
  const shares = sharesOf(threads, jobs);
  const memory: { memoryLimit?: number } =
    memoryLimit === undefined ? {} : { memoryLimit: memoryShare(memoryLimit, shares.length) };
  const arithmetic = arithmeticOf(word);
  const free: Slot[] = shares.map((threads) => ({
    machine: { type: 'machine', threads, arithmetic, ...memory },
    child: undefined,
  }));
  const all = [...free];
  return {
    ...{ atOnce: shares.length, remote: true, memoryPerJob: memory.memoryLimit },
    async run(task, control) {
      const slot = free.shift();
      if (!slot) throw new Error('more jobs than processes');
      try {
        slot.child ??= start(slot.machine);
        return await workOf(slot.child, task, control);
      } catch (error) {
        if (error instanceof LostProcess) slot.child = undefined;
        throw error;
      } finally {
        free.unshift(slot);
      }
    },
    async close() {
      await Promise.all(all.map(({ child }) => child && endOf(child)));
    },
  };
}

interface Slot {
  readonly machine: ToChild & { readonly type: 'machine' };
  child: ChildProcess | undefined;
}

function start(machine: Slot['machine']): ChildProcess {
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: [...nodeArguments()],
    stdio: ['ignore', 'ignore', process.env.RECDISTILL_DEBUG ? 'inherit' : 'ignore', 'ipc'],
    // Ctrl-C in the terminal must reach this process only. It stops its children, and they also stop when the channel closes, even if this
    // process is killed.
    detached: true,
  });
  send(child, machine);
  return child;
}

/** A message to a child that has just died is lost. The exit of the child is noticed by its own event. */
function send(child: ChildProcess, message: ToChild): void {
  if (child.connected) child.send(message, () => {});
}

function workOf(child: ChildProcess, task: Task, { listen, signal }: Control): Promise<Done> {
  return new Promise((resolve, reject) => {
    let late: NodeJS.Timeout | undefined;
    const stop = () => {
      send(child, { type: 'stop' });
      // It may be busy, or reading data. What is on disk is complete at any time.
      late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    };
    const unsubscribe = () => {
      clearTimeout(late);
      child.off('message', receive);
      child.off('exit', exit);
      child.off('error', fault);
      signal.removeEventListener('abort', stop);
    };
    const receive = (message: FromChild) => {
      if (message.type === 'event') return listen(message.event);
      unsubscribe();
      if (message.type === 'done') resolve(message.done);
      else reject(receivedError(message.error));
    };
    const exit = (code: number | null, killedBy: NodeJS.Signals | null) => {
      unsubscribe();
      reject(new LostProcess(killedBy ?? `exit code ${code}`));
    };
    const fault = (error: Error) => {
      unsubscribe();
      reject(new LostProcess(error.message));
    };
    child.on('message', receive);
    child.on('exit', exit);
    child.on('error', fault);
    signal.addEventListener('abort', stop);
    if (child.exitCode !== null || child.signalCode !== null) return exit(child.exitCode, child.signalCode);
    send(child, { type: 'task', task });
    if (signal.aborted) stop();
  });
}

/** Ends a child and waits for its exit. */
function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on('exit', () => resolve());
    if (child.connected) child.disconnect();
  });
}
