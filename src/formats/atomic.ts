/**
 * Atomic writes: a temporary file in the same folder is written, synced and renamed over the target, and the folder is
 * synced. Neither `kill -9` nor a power failure leaves a partially written file.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fail } from '../errors.js';
import { ioCode, readFailed, writeFailed } from './io-error.js';

/**
 * Replaces the file `path` by `data`. Several parts are concatenated.
 * @throws RecdistillError `write-failed`; the previous file is then unchanged and the temporary one is removed
 */
export function writeAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): void {
  const parts = typeof data === 'string' ? [Buffer.from(data)] : data instanceof Uint8Array ? [data] : data;
  const temp = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    const fd = fs.openSync(temp, 'wx');
    try {
      for (const part of parts) writeAll(fd, part);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temp, path);
    syncFolder(dirname(path));
  } catch (cause) {
    fs.rmSync(temp, { force: true });
    writeFailed(path, cause);
  }
}

/** True for names of temporary files of `writeAtomic`. Remaining ones are from a process that was killed. */
export const isTemp = (name: string): boolean => name.startsWith('.') && name.endsWith('.tmp');

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

/** Creates a folder and its parents. @throws RecdistillError `write-failed` */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (cause) {
    // mkdir fails with EEXIST if there is a file at the path.
    if (ioCode(cause) === 'EEXIST')
      fail('write-failed', { path: folder, problem: 'there is a file of that name' }, cause);
    writeFailed(folder, cause);
  }
}

/**
 * Replaces a whole folder: `fill` writes the new content to an empty folder beside it, which then replaces the old one.
 * After a crash the folder has the old or the new content. If the crash was between the two renames, the folder is
 * missing, and the next call restores the old one first.
 * @param owned whether a name may occur in the replaced folder. Any other name means that it must not be deleted
 * @throws RecdistillError `usage` if the folder contains other names, `write-failed`; the old content is then unchanged
 */
export function writeFolder(folder: string, owned: (name: string) => boolean, fill: (temp: string) => void): void {
  const target = resolve(folder);
  const fresh = join(dirname(target), `.${basename(target)}.new`);
  const former = join(dirname(target), `.${basename(target)}.old`);
  makeFolder(dirname(target));
  try {
    if (fs.existsSync(former) && !fs.existsSync(target)) fs.renameSync(former, target);
    refuseForeign(target, owned);
    for (const leftover of [fresh, former]) fs.rmSync(leftover, { recursive: true, force: true });
    fs.mkdirSync(fresh);
    fill(fresh);
    syncFolder(fresh);
    if (fs.existsSync(target)) fs.renameSync(target, former);
    fs.renameSync(fresh, target);
    syncFolder(dirname(target));
    fs.rmSync(former, { recursive: true, force: true });
  } catch (cause) {
    fs.rmSync(fresh, { recursive: true, force: true });
    if (fs.existsSync(former) && !fs.existsSync(target)) fs.renameSync(former, target);
    writeFailed(target, cause);
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

/** @throws RecdistillError `usage` if `folder` contains a name that is not `owned`, `read-failed` */
export function refuseForeign(folder: string, owned: (name: string) => boolean): void {
  if (!fs.existsSync(folder)) return;
  const foreign = namesIn(folder).find((name) => !owned(name));
  if (foreign === undefined) return;
  fail('usage', {
    problem: `the folder ${folder} contains other files, such as "${foreign}", and is not overwritten`,
    hint: 'Choose a new or an empty folder.',
  });
}
