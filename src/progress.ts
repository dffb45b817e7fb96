/**
 * Long work is done in parts. Between two of them signals, timers and output get their turn, and who waits is told how far the work is.
 * How often that happens never changes a result.
 */
import { fail } from './errors.js';

/**
 * Called between two parts of a piece of work, as often as one likes: it does something when a tenth of a second has passed.
 * @param done of `total`, in any unit that is in proportion to time
 * @throws RecdistillError `interrupted`
 */
export type Step = (done: number, total: number) => Promise<void>;

/** How far a piece of work is. */
export interface Advance {
  /** Such as `computing ease`. */
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

export interface ProgressOptions {
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Milliseconds that work may go on after the signal: what ends by itself need not be done again. Default: half a second. */
  readonly grace?: number;
  /** Told at most ten times a second. */
  readonly onAdvance?: (advance: Advance) => void;
}

/** The steps of different pieces of work, one after the other. */
export interface Progress {
  task(what: string): Step;
}

/** Milliseconds that work goes on before everything else gets its turn. */
const TURN_MS = 100;

/** Lets signals, timers and output have their turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createProgress({ signal, onAdvance, grace = 500 }: ProgressOptions = {}): Progress {
  let last = performance.now();
  let noticed: number | undefined;
  return {
    task: (what) => async (done, total) => {
      if (performance.now() - last >= TURN_MS) {
        onAdvance?.({ what, done, total });
        await turn();
        last = performance.now();
      }
      if (!signal?.aborted) return;
      noticed ??= performance.now();
      if (performance.now() - noticed >= grace) fail('interrupted', { what, unkept: true });
    },
  };
}

/**
 * Takes a generator that yields which share of its work is done, from 0 to 1, to its end; returns what it returns. If a step throws, the
 * generator's `finally` runs before the error goes on.
 */
export async function runInParts<T>(parts: Generator<number, T>, step: Step): Promise<T> {
  try {
    for (;;) {
      const part = parts.next();
      if (part.done) return part.value;
      await step(part.value, 1);
    }
  } catch (error) {
    parts.return(undefined as T);
    throw error;
  }
}

/** The same without anything in between. */
export function runSync<T>(parts: Generator<number, T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done) return part.value;
  }
}
