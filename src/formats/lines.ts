/** Append-only files of JSON lines. A line is complete once its line end is written. An incomplete last line is removed. */
import fs from 'node:fs';
import { fail } from '../errors.js';
import { writeAll } from './atomic.js';
import { writing } from './io-error.js';
import { readBytes } from './read.js';

const lineEnd = 0x0a;

/**
 * Appends a line to a file, which is created if necessary. An incomplete last line, left by a crash, is removed first.
 * @param text the line, without a line end
 * @throws RecdistillError `write-failed`; the file then ends with the previous line
 */
export function appendLine(path: string, text: string): void {
  if (text.includes('\n')) throw new TypeError('a line must not contain a line end');
  writing(path, () => {
    const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_APPEND, 0o666);
    try {
      appendTo(fd, `${text}\n`);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function appendTo(fd: number, line: string): void {
  const size = cutTornLine(fd);
  try {
    writeAll(fd, Buffer.from(line));
  } catch (cause) {
    try {
      fs.ftruncateSync(fd, size);
    } catch {
      // The torn line stays for now: readers leave it out, and the next append cuts it.
    }
    throw cause;
  }
}

/** The complete lines of a file, without line ends. Empty if there is no file. @throws RecdistillError `read-failed` */
export function readLines(path: string): string[] {
  if (!fs.existsSync(path)) return [];
  const bytes = Buffer.from(readBytes(path).buffer);
  const text = bytes.toString('utf8', 0, bytes.lastIndexOf(lineEnd) + 1);
  return text.split('\n').slice(0, -1);
}

/** `readLines`, parsed. @throws RecdistillError `artifact-damaged` naming the line that is not a JSON object */
export function readJsonLines(path: string): Record<string, unknown>[] {
  return readLines(path).map((line, n) => {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    } catch {
      // Told below, like a line that is JSON but not an object.
    }
    const hint = 'Restore the file, or delete it to continue without its history.';
    return fail('artifact-damaged', { path, problem: `line ${n + 1} is not a JSON object`, hint });
  });
}

/** Truncates a file to its first `count` lines and syncs it. @throws RecdistillError `write-failed` */
export function keepLines(path: string, count: number): void {
  if (!fs.existsSync(path)) return;
  const bytes = Buffer.from(readBytes(path).buffer);
  let end = 0;
  for (let n = 0; n < count; n++) end = bytes.indexOf(lineEnd, end) + 1;
  if (end === bytes.length) return;
  writing(path, () => fs.truncateSync(path, end));
  syncFile(path);
}

/** Syncs a file to disk, if it exists. @throws RecdistillError `write-failed` */
export function syncFile(path: string): void {
  if (!fs.existsSync(path)) return;
  writing(path, () => {
    const fd = fs.openSync(path, 'r+');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** @returns the size of the file up to its last line end */
function cutTornLine(fd: number): number {
  const { size } = fs.fstatSync(fd);
  const block = Buffer.alloc(4096);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - block.length);
    const got = fs.readSync(fd, block, 0, end - start, start);
    const at = block.subarray(0, got).lastIndexOf(lineEnd);
    if (at >= 0) {
      end = start + at + 1;
      break;
    }
    end = start;
  }
  if (end < size) fs.ftruncateSync(fd, end);
  return end;
}
