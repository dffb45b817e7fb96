/**
 * The only place that reads whole files, with a limit of their size that is checked before memory is allocated. Only regular
 * files are read: a pipe would block the process and a device such as /dev/zero never ends.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { fail } from '../errors.js';
import { runSync } from '../progress.js';
import { kindOf } from './file-kind.js';
import { readFailed } from './io-error.js';

/** A file open for reading. */
export interface OpenFile {
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly bytes: number;
  /** Reads `length` bytes from `position` on, both within the file. */
  read(position: number, length: number): Uint8Array;
}

/**
 * Opens `path`, lets `use` read it and closes it.
 * @throws RecdistillError `file-missing`, `read-failed`, `out-of-memory`, `artifact-damaged` if the file shrinks meanwhile
 */
export function withFile<T>(path: string, use: (file: OpenFile) => T): T {
  const { file, close } = openFile(path);
  try {
    return use(file);
  } catch (cause) {
    readFailed(path, cause);
  } finally {
    close();
  }
}

export interface OpenedFile {
  readonly file: OpenFile;
  close(): void;
}

/** The same for a file that stays open, until `close`. Its content stays readable if it is replaced or removed meanwhile. */
export function openFile(path: string): OpenedFile {
  let fd: number;
  try {
    // Without this flag, opening a pipe waits for its writer. Windows has neither.
    fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    readFailed(path, cause);
  }
  const close = (): void => fs.closeSync(fd);
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) fail('read-failed', { path, problem: `it is ${kindOf(stat)}; expected a regular file` });
    return {
      file: { path, bytes: stat.size, read: (position, length) => readPart(fd, path, position, length) },
      close,
    };
  } catch (cause) {
    close();
    readFailed(path, cause);
  }
}

/**
 * The whole content of a file.
 * @param most largest size in bytes
 * @param hint what to do about a larger file
 * @throws RecdistillError `over-limit`, those of `withFile`
 */
export const readBytes = (path: string, most: number, hint?: string): Uint8Array =>
  withFile(path, (file) => {
    if (file.bytes > most) {
      const problem = `it has ${file.bytes} bytes; at most ${most} bytes of such a file are read`;
      fail('over-limit', { path, problem, hint });
    }
    return file.read(0, file.bytes);
  });

function readPart(fd: number, path: string, position: number, length: number): Uint8Array {
  const bytes = allocate(path, length);
  for (let at = 0; at < length; ) {
    const got = fs.readSync(fd, bytes, at, Math.min(length - at, 2 ** 30), position + at);
    if (got === 0)
      fail('artifact-damaged', { path, problem: `it ends at byte ${position + at}; expected ${position + length}` });
    at += got;
  }
  return bytes;
}

function allocate(path: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    const hint = 'Close other programs, or use a machine with more memory.';
    fail('out-of-memory', { what: `reading ${path}`, needed: `${length} bytes`, available: 'fewer', hint }, cause);
  }
}

/** Bytes that are hashed at a time. */
const PART = 2 ** 24;

/** Size in bytes and SHA-256 (hex) of a file of any size. @throws RecdistillError those of `withFile` */
export const digestOf = (path: string): Digest => runSync(digesting(path));

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** The same in parts. */
export function* digesting(path: string): Generator<number, Digest> {
  const { file, close } = openFile(path);
  try {
    const { bytes, read } = file;
    const hash = createHash('sha256');
    for (let from = 0; from < bytes; from += PART) {
      hash.update(read(from, Math.min(PART, bytes - from)));
      yield Math.min(1, (from + PART) / bytes);
    }
    return { bytes, sha256: hash.digest('hex') };
  } catch (cause) {
    readFailed(path, cause);
  } finally {
    close();
  }
}
