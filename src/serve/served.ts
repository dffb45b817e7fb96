/** A bundle that answers requests, and the place where one is put for another. */
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { readBundle } from '../bundle/index.js';
import { fail, RecdistillError } from '../errors.js';
import { type BundleManifest, createStudent, type Student, type StudentBundle } from '../student/index.js';
import { createPopular, type Popular } from './popular.js';

export interface Served {
  readonly student: Student;
  readonly popular: Popular;
  readonly manifest: BundleManifest;
  /** The first 12 digits of the bundle's SHA-256: which bundle an answer comes from. */
  readonly id: string;
  /** What searches the items. */
  readonly kernel: 'wasm' | 'plain';
}

let preparedAt = 0;

/** Milliseconds since this thread was last busy with a new bundle. */
export const sincePrepared = (): number => performance.now() - preparedAt;

/** Makes a bundle ready to answer: everything that would otherwise be made in the first request. */
export function prepare({ model, manifest }: StudentBundle): Served {
  const student = createStudent(model);
  const popular = createPopular(model);
  const kernel = student.warmUp();
  preparedAt = performance.now();
  return { student, popular, manifest, id: manifest.sha256.slice(0, 12), kernel };
}

/** Holds what is served. A request takes `current` once and keeps it to its end, so that an answer comes from one bundle. */
export interface Holder {
  readonly current: Served;
  /** From now on new requests are answered by `next`. */
  swap(next: Served): void;
}

export function createHolder(first: Served): Holder {
  let current = first;
  return {
    get current() {
      return current;
    },
    swap(next) {
      current = next;
    },
  };
}

/** A bundle is replaced by two renames and read file by file, so a reader may meet one that is halfway. */
const ATTEMPTS = 5;
const PAUSE = 40;

/**
 * Reads a bundle that another process may be replacing at this moment.
 * @throws RecdistillError as `readBundle`, if it stays unreadable for a while
 */
export async function readSteadyBundle(folder: string): Promise<StudentBundle> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readBundle(folder);
    } catch (cause) {
      const passing = cause instanceof RecdistillError && ['artifact-damaged', 'file-missing'].includes(cause.code);
      if (!passing || attempt === ATTEMPTS) throw cause;
      await wait(PAUSE);
    }
  }
}

/** Runs the reading and preparing of a new bundle, and counts how it went. @throws RecdistillError `reload-failed` */
export async function reloading<T>(
  { reloaded }: { reloaded(outcome: 'done' | 'failed'): void },
  work: () => Promise<T>,
): Promise<T> {
  try {
    const done = await work();
    reloaded('done');
    return done;
  } catch (cause) {
    reloaded('failed');
    if (!(cause instanceof RecdistillError)) throw cause;
    return fail('reload-failed', { problem: cause.message, hint: cause.hint }, cause);
  }
}
