/** Names of temporary files and folders that tell which process made them, so that those of dead processes can be removed. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { isRunning, placeCode, startOf } from './process-identity.js';

/** Age after which a temporary file of an unknown process, such as one in another container, counts as left behind. */
const MOST_DAYS = 7;

/** `PLACE-PID-STARTED-RANDOM`: the place is a code for host, kernel and PID namespace. */
function ownerTag(): string {
  return `${placeCode()}-${process.pid}-${startOf(process.pid) ?? 'x'}-${randomUUID().slice(0, 8)}`;
}

const TAG = /([0-9a-f]{8})-(\d+)-(\d+|x)-[0-9a-f]{8}/;
const TEMPORARY = new RegExp(`^\\..+\\.${TAG.source}\\.tmp$`);

/** A new hidden name for a temporary file that will be renamed to `base`. */
export const temporaryName = (base: string): string => `.${base}.${ownerTag()}.tmp`;

/** True for names of `temporaryName`, with `base` only for those of this base. */
export const isTemp = (name: string, base?: string): boolean =>
  TEMPORARY.test(name) &&
  (base === undefined || (name.startsWith(`.${base}.`) && TAG.exec(name)?.index === base.length + 2));

/** Prefix of the names of temporary folders. */
const FOLDER_PREFIX = 'recdistill-';

/** A new name for a folder in the system's temporary folder. */
export const temporaryFolderName = (): string => `${FOLDER_PREFIX}${ownerTag()}`;

/** True for names of `temporaryFolderName`. */
export const isTempFolder = (name: string): boolean => name.startsWith(FOLDER_PREFIX) && TAG.test(name);

/**
 * Removes what processes that have ended left in `folder`: entries that `ours` accepts and whose name carries the tag of a dead
 * process. Entries of unknown processes are removed after seven days. Errors are ignored: the entry is left for the next time.
 */
export function sweep(folder: string, ours: (name: string) => boolean): void {
  for (const name of list(folder)) {
    if (ours(name) && leftBehind(folder, name)) discard(join(folder, name));
  }
}

/** Removes a file or folder as part of a clean-up, which must not hide the error before it. What cannot be removed is left for `sweep`. */
export function discard(path: string): void {
  try {
    fs.rmSync(path, { recursive: true, force: true });
  } catch {
    // A disk that is read-only by now, or another process has removed it.
  }
}

function list(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function leftBehind(folder: string, name: string): boolean {
  const [tag, place, pid, started] = TAG.exec(name) ?? [];
  if (tag === undefined) return false;
  if (place === placeCode()) return !isRunning(Number(pid), started === 'x' ? null : started!);
  const modified = fs.lstatSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
  return Date.now() - modified > MOST_DAYS * 86_400_000;
}
