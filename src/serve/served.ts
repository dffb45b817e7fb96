/** A bundle in memory that answers requests, and its replacement by a new one. */
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { readBundle } from '../bundle/index.js';
import { fail, RecdistillError } from '../errors.js';
import { type BundleManifest, createStudent, type Student, type StudentBundle } from '../student/index.js';
import { createPopular, type Popular } from '../student/popular.js';
import {
  createHistoryOf,
  type HistoriesReport,
  type HistoriesSource,
  type HistoryOf,
  keyOf,
  readHistories,
  type ServedBundle,
} from './histories.js';

export interface Served {
  readonly student: Student;
  /** Absent for a student without users and without popular items. */
  readonly popular?: Popular;
  /** Absent without --histories. */
  readonly historyOf?: HistoryOf;
  /** Number of users that can be named. */
  readonly users: number;
  /** Where the items that users have come from: the bundle, the file of --histories, or nowhere. */
  readonly from: 'bundle' | 'file' | 'none';
  /** What was read with --histories. */
  readonly report?: HistoriesReport;
  /** Bytes of all files of the bundle. */
  readonly bytes: number;
  /** `keyOf` the bundle. */
  readonly key: string;
  readonly manifest: BundleManifest;
  /** The first 12 digits of the bundle's SHA-256. Every response names it. */
  readonly id: string;
  /** The kernel that searches the items. */
  readonly kernel: 'wasm' | 'plain';
}

let preparedAt = 0;

/** Milliseconds since this thread last prepared a bundle. */
export const sincePrepared = (): number => performance.now() - preparedAt;

/** Prepares a bundle: everything that would otherwise be computed during the first request. */
export function prepare(bundle: ServedBundle): Served {
  const { model, manifest, histories, bytes } = bundle;
  const student = createStudent(model);
  const popular = createPopular(model);
  const kernel = student.warmUp();
  preparedAt = performance.now();
  return {
    ...{ student, manifest, id: manifest.sha256.slice(0, 12), kernel, key: keyOf(bundle) },
    users: histories ? new Set([...model.userIds, ...histories.userIds]).size : model.nUsers,
    from: histories ? 'file' : model.seen ? 'bundle' : 'none',
    bytes,
    ...(popular && { popular }),
    ...(histories && { historyOf: createHistoryOf(histories, model), report: histories.report }),
  };
}

/** Holds the served bundle. A request reads `current` once, so that its response comes from one bundle. */
export interface Holder {
  readonly current: Served;
  /** Serves `next` from now on. Requests in progress keep the previous bundle. */
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

/** A bundle is replaced by two renames and read file by file, so a read may fail in the middle of a replacement. */
const ATTEMPTS = 5;
const PAUSE = 40;

/**
 * Reads a bundle that another process may be replacing at the same time.
 * @param source of what users have; absent: none but that of the bundle
 * @throws RecdistillError those of `readBundle`, if all attempts fail, and of `readHistories`
 */
export async function readSteadyBundle(folder: string, source?: HistoriesSource): Promise<ServedBundle> {
  const bundle = await readSteady(folder);
  if (source === undefined) return bundle;
  return { ...bundle, histories: await readHistories(source, bundle.model) };
}

async function readSteady(folder: string): Promise<StudentBundle> {
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

/** Reads and prepares a new bundle, and counts success or failure. @throws RecdistillError `reload-failed` */
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
