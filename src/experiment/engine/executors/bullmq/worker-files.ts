/**
 * Files by which a plan sees that a worker has the same folder. A copy of a store has the id of the original, but what a worker writes there does not
 * appear in the original. Each worker has a file while it is registered in Redis; after a kill it stays for a day.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { discard, makeFolder } from '../../../../formats/index.js';
import { ioCode, writeFailed } from '../../../../formats/io-error.js';
import type { Directory, PresentWorker } from './directory.js';

/** Hidden, so that no search for runs looks at it. */
const FOLDER = '.recdistill-workers';
const OLD_MS = 86_400_000;

const fileOf = (store: string, worker: string): string => join(store, FOLDER, worker);

/** Writes the file of a worker, or renews its time. @throws RecdistillError `write-failed` */
export function markWorker(store: string, worker: string): void {
  const path = fileOf(store, worker);
  try {
    makeFolder(join(store, FOLDER));
    fs.writeFileSync(path, `${process.pid}\n`);
  } catch (cause) {
    writeFailed(path, cause);
  }
}

/** Removes the file of a worker, and those of workers that were killed long ago. */
export function unmarkWorker(store: string, worker: string): void {
  const own = fileOf(store, worker);
  try {
    // The time of the file system, so that clocks are never compared.
    const now = fs.statSync(own).mtimeMs;
    discard(own);
    for (const name of fs.readdirSync(join(store, FOLDER))) {
      const path = join(store, FOLDER, name);
      if (now - fs.statSync(path).mtimeMs > OLD_MS) discard(path);
    }
  } catch (error) {
    // Another worker has removed it at the same time, or it cannot be written any more: a file that stays harms nobody.
    if (ioCode(error) === undefined) throw error;
  }
}

/** Looks for the file of a worker after which its store counts as a copy. The first decides, but file systems of a network may be late. */
const MOST_MISSED = 2;

export interface CopyCheckOptions {
  readonly store: string;
  /** Id of the store. */
  readonly id: string;
  /** Name of the plan that looks. */
  readonly plan: string;
  readonly directory: Directory;
  readonly say: (text: string) => void;
}

/** A function that ends workers whose store has the same id and is another folder. It is called every few seconds. */
export function createCopyCheck({ store, id, plan, directory, say }: CopyCheckOptions) {
  /** Looks in a row that found no file, by worker. */
  const missed = new Map<string, number>();
  return async (workers: readonly PresentWorker[]): Promise<void> => {
    for (const worker of workers.filter((one) => one.store === id)) {
      const count = fs.existsSync(fileOf(store, worker.id)) ? 0 : (missed.get(worker.id) ?? 0) + 1;
      missed.set(worker.id, count);
      if (count !== MOST_MISSED) continue;
      await directory.refuseCopy(worker.id, plan);
      say(
        `The worker on ${worker.host} (process ${worker.pid}) is ended: its store ${worker.path} is a copy of ${store}, not the same folder.`,
      );
    }
  };
}
