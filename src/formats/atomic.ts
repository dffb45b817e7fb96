/**
 * Writes that happen wholly or not at all: a temporary neighbour is written, forced to the disk and renamed over the
 * target, and the folder is forced to the disk, so that neither `kill -9` nor a power cut leaves a half-written file.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fail } from '../errors.js';
import { ioCode, readFailed, writeFailed } from './io-error.js';

/**
 * Replaces the file `path` by `data` (several parts are written one after the other).
 * @throws RecdistillError `write-failed`; the former file is then untouched and the temporary one is gone
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

/** True for the temporary files of `writeAtomic`; one that stays behind belonged to a process that was killed. */
export const isTemp = (name: string): boolean => name.startsWith('.') && name.endsWith('.tmp');

/** Writes every byte: one call may write fewer than it was given. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at, Math.min(bytes.length - at, 2 ** 30));
}

/** Makes renames in a folder survive a power cut. Some systems cannot do that for a folder, and are left alone. */
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

/** Makes a folder and those above it. @throws RecdistillError `write-failed` */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (cause) {
    // mkdir says EEXIST when a file stands where a folder is wanted.
    if (ioCode(cause) === 'EEXIST')
      fail('write-failed', { path: folder, problem: 'there is a file of that name' }, cause);
    writeFailed(folder, cause);
  }
}

/**
 * Replaces a whole folder: `fill` writes the new content into an empty folder beside it, which then takes its place.
 * After a crash the folder holds the former or the new content; in the moment between two renames it is absent, and the
 * next call brings the former one back before it starts.
 * @param owned tells which names may stand in the folder that is replaced; any other one means that it is not ours to remove
 * @throws RecdistillError `usage` if it holds something else, `write-failed`; the former content is then untouched
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

/** @throws RecdistillError `usage` if `folder` holds a name that is not `owned`, `read-failed` */
export function refuseForeign(folder: string, owned: (name: string) => boolean): void {
  if (!fs.existsSync(folder)) return;
  const foreign = namesIn(folder).find((name) => !owned(name));
  if (foreign === undefined) return;
  fail('usage', {
    problem: `the folder ${folder} holds other files, such as "${foreign}", and is not overwritten`,
    hint: 'Choose a new or an empty folder.',
  });
}
