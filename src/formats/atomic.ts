/**
 * Atomic writes: a temporary file in the same folder is written, synced and renamed over the target, and the folder is
 * synced. Neither `kill -9` nor a power failure leaves a partially written file.
 */
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fail } from '../errors.js';
import { atOnce, runSync } from '../progress.js';
import { ioCode, readFailed, writeFailed, writing } from './io-error.js';
import { acquireLock, isLockFile } from './lock.js';
import { discard, isTemp, sweep, temporaryName } from './temporary-names.js';

/** Files whose folders this process has swept. */
const swept = new Set<string>();

/** The path of a new temporary file beside `path`. Files that dead processes left for the same target are removed first. */
export function temporaryBeside(path: string): string {
  const [folder, base] = [dirname(path), basename(path)];
  if (!swept.has(resolve(path))) {
    swept.add(resolve(path));
    sweep(folder, (name) => isTemp(name, base));
  }
  return join(folder, temporaryName(base));
}

/**
 * Replaces the file `path` by `data`. Several parts are concatenated; they may be made while they are written.
 * @throws RecdistillError `write-failed`; the previous file is then unchanged and the temporary one is removed
 */
export const writeAtomic = (path: string, data: string | Uint8Array | Iterable<Uint8Array>): void =>
  runSync(writingAtomic(path, typeof data === 'string' ? Buffer.from(data) : data, Number.POSITIVE_INFINITY));

/** Bytes that are written or hashed between two moments at which work in parts can be stopped. */
export const PIECE = 2 ** 24;

/**
 * The same in parts. If it is stopped between them, the previous file is unchanged and the temporary one is removed.
 * @param bytes of all parts
 */
export function* writingAtomic(
  path: string,
  data: Uint8Array | Iterable<Uint8Array>,
  bytes: number,
): Generator<number, void> {
  const temp = temporaryBeside(path);
  let done = 0;
  let whole = false;
  try {
    const fd = fs.openSync(temp, 'wx');
    try {
      for (const piece of piecesOf(data instanceof Uint8Array ? [data] : data)) {
        writeAll(fd, piece);
        done += piece.length;
        yield Math.min(1, done / bytes);
      }
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temp, path);
    whole = true;
    syncFolder(dirname(path));
  } catch (cause) {
    discard(temp);
    writeFailed(path, cause);
  } finally {
    // Stopped between two parts.
    if (!whole) discard(temp);
  }
}

/** The same bytes, at most `PIECE` at a time. */
export function* piecesOf(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const part of parts)
    for (let at = 0; at < part.length; at += PIECE) yield part.subarray(at, Math.min(part.length, at + PIECE));
}

/** Renames a complete file or folder to its final name and flushes its content and its folder to disk. */
export function publish(temporary: string, path: string): void {
  syncTree(temporary);
  fs.renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Flushes a file, or a folder and everything in it, to disk. */
export function syncTree(path: string): void {
  if (fs.statSync(path).isDirectory()) {
    for (const name of fs.readdirSync(path)) syncTree(join(path, name));
    syncFolder(path);
  } else {
    syncFile(path);
  }
}

function syncFile(path: string): void {
  // Windows flushes only files that are open for writing.
  const fd = fs.openSync(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Writes all bytes. A single system call may write only some of them. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at, Math.min(bytes.length - at, 2 ** 30));
}

/** Syncs a folder, so that renames in it survive a power failure. Does nothing on systems that do not support it. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } catch (cause) {
    if (!['EINVAL', 'ENOTSUP'].includes(ioCode(cause) ?? '')) throw cause;
  } finally {
    fs.closeSync(fd);
  }
}

/** Creates a folder and its parents. @returns the topmost folder that it created. @throws RecdistillError `write-failed` */
export function makeFolder(folder: string): string | undefined {
  // Not `recursive`: Node then loops for ever where the system says ENOENT below an existing folder, as in /proc.
  const missing: string[] = [];
  let at = resolve(folder);
  try {
    for (; !fs.existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const path of missing) makeOne(path);
    if (missing.length === 0 && !fs.statSync(at).isDirectory()) makeOne(at);
    return missing[0];
  } catch (cause) {
    if (ioCode(cause) === 'EEXIST')
      fail('write-failed', { path: folder, problem: 'there is a file of that name' }, cause);
    writeFailed(folder, cause);
  }
}

/** Another process may have created it meanwhile. */
function makeOne(path: string): void {
  try {
    fs.mkdirSync(path);
  } catch (cause) {
    if (ioCode(cause) !== 'EEXIST' || !fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw cause;
  }
}

/**
 * Replaces a whole folder: `fill` writes the new content to an empty folder beside it, which then replaces the old one.
 * One process at a time replaces a folder. After a crash the folder has the old or the new content. If the crash was between
 * the two renames, the folder is missing, and the next call restores the old one first.
 * @param owned whether a name may occur in the replaced folder. Any other name means that it must not be deleted
 * @throws RecdistillError `usage` if the folder contains other names, `run-locked` if another process is replacing it,
 *   `write-failed`; the old content is then unchanged
 */
export const writeFolder = (folder: string, owned: (name: string) => boolean, fill: (temp: string) => void): void =>
  runSync(writingFolder(folder, owned, (temp) => atOnce(() => fill(temp))));

/** The same in parts. If it is stopped between them, the old content is unchanged, and neither a temporary folder nor a lock is left. */
export function* writingFolder(
  folder: string,
  owned: (name: string) => boolean,
  fill: (temp: string) => Generator<number, void>,
): Generator<number, void> {
  const replacement = replaceFolder(folder, owned);
  try {
    yield* fill(replacement.temporary);
    replacement.commit();
  } catch (cause) {
    writeFailed(resolve(folder), cause);
  } finally {
    replacement.close();
  }
}

export interface FolderReplacement {
  /** The empty folder to fill. */
  readonly temporary: string;
  /** Flushes the new content to disk and replaces the folder by it. @throws RecdistillError `write-failed`, `lock-lost` */
  commit(): void;
  /** Removes what was not committed and releases the lock. */
  close(): void;
}

/** The steps of `writeFolder`, for content that is written asynchronously. @throws RecdistillError as `writeFolder` */
export function replaceFolder(folder: string, owned: (name: string) => boolean): FolderReplacement {
  const target = resolve(folder);
  const [parent, base] = [dirname(target), basename(target)];
  const former = join(parent, `.${base}.old`);
  makeFolder(parent);
  const lock = acquireLock(parent, { name: `.${base}.lock`, what: { kind: 'folder', path: target } });
  const temporary = join(parent, temporaryName(base));
  const restore = (): void => {
    if (fs.existsSync(former) && !fs.existsSync(target)) fs.renameSync(former, target);
  };
  const close = (): void => {
    discard(temporary);
    lock.release();
  };
  try {
    writing(target, () => {
      restore();
      refuseForeign(target, owned);
      // The lock excludes living processes: what is here was left by dead ones.
      for (const name of fs.readdirSync(parent))
        if (isTemp(name, base)) fs.rmSync(join(parent, name), { recursive: true, force: true });
      fs.rmSync(former, { recursive: true, force: true });
      fs.mkdirSync(temporary);
    });
  } catch (cause) {
    close();
    throw cause;
  }
  const commit = (): void => {
    writing(target, () => {
      syncTree(temporary);
      lock.confirm();
      try {
        if (fs.existsSync(target)) fs.renameSync(target, former);
        fs.renameSync(temporary, target);
      } catch (cause) {
        restore();
        throw cause;
      }
      syncFolder(parent);
    });
    discard(former);
  };
  return { temporary, commit, close };
}

/** Removes what a killed process left beside a folder that it was replacing. Nothing is changed while the folder is in use. */
export function tidyFolder(folder: string, owned: (name: string) => boolean): void {
  const [parent, base] = [dirname(resolve(folder)), basename(resolve(folder))];
  const isLeft = (name: string): boolean =>
    isTemp(name, base) || name === `.${base}.old` || isLockFile(name, `.${base}.lock`);
  if (!namesIn(parent).some(isLeft)) return;
  try {
    replaceFolder(folder, owned).close();
  } catch {
    // It is in use, or it cannot be written.
  }
}

/** The names in a folder. @throws RecdistillError `file-missing`, `read-failed` */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (cause) {
    readFailed(folder, cause);
  }
}

/** Temporary files are no obstacle. @throws RecdistillError `usage` if `folder` contains a name that is not `owned`, `read-failed` */
export function refuseForeign(folder: string, owned: (name: string) => boolean): void {
  if (!fs.existsSync(folder)) return;
  const foreign = namesIn(folder).find((name) => !owned(name) && !isTemp(name));
  if (foreign === undefined) return;
  fail('usage', {
    problem: `the folder ${folder} contains other files, such as "${foreign}", and is not overwritten`,
    hint: 'Choose a new or an empty folder.',
  });
}
