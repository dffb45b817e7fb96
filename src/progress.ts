/**
 * Progress and interruption of long work. The work is done in parts. Between parts the event loop runs, so that signals,
 * timers and output are handled, and progress is reported. This never changes a result.
 */
import { fail } from './errors.js';

/**
 * Called between two parts of the work. It may be called often: it only acts every tenth of a second.
 * @param done amount done of `total`, in any unit proportional to time
 * @throws RecdistillError `interrupted`
 */
export type Step = (done: number, total: number) => Promise<void>;

/** The progress of a task. */
export interface Advance {
  /** Name of the task, such as `computing ease`. */
  readonly what: string;
  readonly done: number;
  readonly total: number;
  /** What is counted, such as `users`. Absent: `done` and `total` are only proportional to time. */
  readonly unit?: string;
}

export interface ProgressOptions {
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Milliseconds that a task may continue after the signal, because a task that finishes need not be repeated. Default: 500. */
  readonly grace?: number;
  /** Called at most ten times a second. */
  readonly onAdvance?: (advance: Advance) => void;
}

/** Reports the progress of consecutive tasks. */
export interface Progress {
  /** @param unit what its steps count, such as `users` */
  task(what: string, unit?: string): Step;
}

/** Milliseconds of work between two turns of the event loop. */
const TURN_MS = 100;

/** Lets the event loop run once, so that signals, timers and output are handled. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Milliseconds in which signals are handled that answer what was reported last. */
const ANSWER_MS = 10;

/** Before work in which signals are not handled. One that has come and was not handled yet would be lost with its listener. */
const waitForSignals = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ANSWER_MS));

/** What `forAllWork` was given. */
let usual: Omit<ProgressOptions, 'grace'> = {};

/**
 * Sets the signal and the listener of all work that is given none of its own, until the returned function is called. For a program that runs one
 * command at a time.
 */
export function forAllWork(options: Omit<ProgressOptions, 'grace'>): () => void {
  const before = usual;
  usual = options;
  return () => {
    usual = before;
  };
}

/** The signal of `forAllWork`, for work that is not done in parts, such as a query of a database. */
export const signalForAllWork = (): AbortSignal | undefined => usual.signal;

/** Tells the listener of `forAllWork`. */
export const tellAdvance = (advance: Advance): void => usual.onAdvance?.(advance);

export function createProgress({
  signal = usual.signal,
  onAdvance = usual.onAdvance,
  grace = 500,
}: ProgressOptions = {}): Progress {
  let last = performance.now();
  let noticed: number | undefined;
  return {
    task(what, unit) {
      let part = startWatch();
      let first = true;
      return async (done, total) => {
        const took = first ? 0 : part();
        first = false;
        if (performance.now() - last >= TURN_MS) {
          onAdvance?.({ what, done, total, ...(unit === undefined ? {} : { unit }) });
          await turn();
          last = performance.now();
        }
        part = startWatch();
        if (!signal?.aborted) {
          // The next part probably takes as long.
          if (took >= LONG_MS) await busyUntilTurn();
          return;
        }
        noticed ??= performance.now();
        if (performance.now() - noticed >= grace) fail('interrupted', { what, unkept: true });
      };
    },
  };
}

/** @returns milliseconds since now, or those of the processor if they are fewer: a process that was paused did not work longer */
function startWatch(): () => number {
  const [began, before] = [performance.now(), process.cpuUsage()];
  return () => {
    const took = performance.now() - began;
    if (took < LONG_MS) return took;
    const { user, system } = process.cpuUsage(before);
    return Math.min(took, (user + system) / 1000);
  };
}

/** Signals after longer parts would not be handled within two seconds. */
const LONG_MS = 1500;

/** From the end of this call until the next turn of the event loop, work is busy. */
async function busyUntilTurn(): Promise<void> {
  await waitForSignals();
  const begun: BusyHandler[] = [];
  const end = (): void => {
    for (const handler of begun) handler.end();
  };
  try {
    for (const handler of busyHandlers) {
      handler.begin(false);
      begun.push(handler);
    }
  } catch (error) {
    end();
    throw error;
  }
  setImmediate(end);
}

/** What a program does about signals while it is busy. */
export interface BusyHandler {
  /**
   * Removes listeners for signals, so that a signal ends the process at once.
   * @param finishing whether the work is done although a signal has come
   * @throws what ends the program, if a signal has come and the work is not finishing
   */
  begin(finishing: boolean): void;
  /** Puts them back. */
  end(): void;
}

const busyHandlers = new Set<BusyHandler>();

/** Calls the handler around all busy work until the returned function is called. */
export function onBusy(handler: BusyHandler): () => void {
  busyHandlers.add(handler);
  return () => void busyHandlers.delete(handler);
}

export interface BusyOptions {
  /** True for the last work after a signal, such as a checkpoint. Other work does not begin after a signal. Default: false. */
  readonly finishing?: boolean;
  /** What the work reads and writes, if that is known. A small number is done in less time than a person notices, and signals are handled after it. */
  readonly bytes?: number;
}

/** Work on fewer bytes takes a fraction of a second. */
const SMALL_BYTES = 30e6;

/**
 * Runs synchronous work that may take more than a second and cannot be cut, such as writing a large file. The event loop handles no signal meanwhile.
 * In the command line the system therefore ends the process at a signal, in the middle of the work and without its `finally` blocks. Whatever the work
 * writes must be written atomically.
 * @throws RecdistillError `interrupted` if a signal has come before; what the work throws
 */
export async function busy<T>(work: () => T, { finishing = false, bytes }: BusyOptions = {}): Promise<T> {
  if (bytes !== undefined && bytes < SMALL_BYTES) return work();
  await waitForSignals();
  const begun: BusyHandler[] = [];
  try {
    for (const handler of busyHandlers) {
      handler.begin(finishing);
      begun.push(handler);
    }
    return work();
  } finally {
    for (const handler of begun) handler.end();
  }
}

/**
 * Runs a generator to its end and returns its result. The generator yields the finished share of its work, from 0 to 1.
 * If `step` throws, the generator's `finally` blocks run before the error is rethrown.
 * @param total what the share is of, in the unit of `step`. Default: 1
 * @param first bytes that the first part reads and writes, if it may take longer than the others. It is `busy` work then
 */
export async function runInParts<T>(parts: Generator<number, T>, step: Step, total = 1, first = 0): Promise<T> {
  try {
    for (let at = 0; ; at++) {
      const part = at === 0 ? await busy(() => parts.next(), { bytes: first }) : parts.next();
      if (part.done) return part.value;
      await step(part.value * total, total);
    }
  } catch (error) {
    parts.return(undefined as T);
    throw error;
  }
}

/**
 * Like `runInParts`, for work whose parts may take seconds each. Each part is `busy` work: a signal ends the process at once, without `finally`
 * blocks. Only for work that leaves nothing behind, neither files nor locks.
 */
export async function busyInParts<T>(parts: Generator<number, T>, step: Step, options: BusyOptions = {}): Promise<T> {
  for (;;) {
    const part = await busy(() => parts.next(), options);
    if (part.done) return part.value;
    await step(part.value, 1);
  }
}

/** Work that is the share `from` to `to` of other work. */
export function* within<T>(parts: Generator<number, T>, from: number, to: number): Generator<number, T> {
  try {
    for (;;) {
      const part = parts.next();
      if (part.done) return part.value;
      yield from + (to - from) * part.value;
    }
  } finally {
    parts.return(undefined as T);
  }
}

/** Small work, as work of one part. */
// biome-ignore lint/correctness/useYield: one part
export function* atOnce<T>(work: () => T): Generator<number, T> {
  return work();
}

/** Works for each element, which take about the same time. @returns the results in the order of the elements */
export function* eachInParts<Element, T>(
  elements: readonly Element[],
  work: (element: Element, at: number) => Generator<number, T>,
): Generator<number, T[]> {
  const results: T[] = [];
  for (const [at, element] of elements.entries())
    results.push(yield* within(work(element, at), at / elements.length, (at + 1) / elements.length));
  return results;
}

/** Like `runInParts`, but synchronous and without progress. */
export function runSync<T>(parts: Generator<number, T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done) return part.value;
  }
}
