/** Append-only files of JSON lines. A line is complete once its line end is written. An incomplete last line is removed. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { fail } from '../errors.js';
import { JsonProblem, parseJson } from '../student/bounded-json.js';
import { isPlainObject } from '../student/canonical-json.js';
import { writeAll, writeAtomic } from './atomic.js';
import { writing } from './io-error.js';
import { readBytes } from './read.js';

const lineEnd = 0x0a;

/** Most bytes of a log. A line has about 200 bytes, so that is a million epochs. */
const MAX_BYTES = 256 * 2 ** 20;

/** Most bytes of a line of a log. The longest that we write, about a failed trial, has a few thousand. */
const MAX_LINE = 2 ** 20;

const HINT = 'Restore the file, or delete it to continue without its history.';

const bytesOf = (path: string): Buffer => Buffer.from(readBytes(path, MAX_BYTES, HINT).buffer);

/**
 * Appends a line to a file, which is created if necessary. An incomplete last line, left by a crash, is removed first.
 * @param text the line, without a line end
 * @param confirm checks that this process may still write, once the file is open: `renewLines` of a successor has then replaced the file
 * @throws RecdistillError `write-failed`; the file then ends with the previous line. What `confirm` throws
 */
export function appendLine(path: string, text: string, confirm?: () => void): void {
  if (text.includes('\n')) throw new TypeError('a line must not contain a line end');
  writing(path, () => {
    const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_APPEND, 0o666);
    try {
      confirm?.();
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

/** The complete lines of a file, without line ends. Empty if there is no file. @throws RecdistillError `read-failed`, `over-limit` */
export function readLines(path: string): string[] {
  if (!fs.existsSync(path)) return [];
  const bytes = bytesOf(path);
  const lines: string[] = [];
  for (let start = 0, end = bytes.indexOf(lineEnd); end >= 0; start = end + 1, end = bytes.indexOf(lineEnd, start)) {
    if (end - start > MAX_LINE) {
      const problem = `line ${lines.length + 1} has ${end - start} bytes; at most ${MAX_LINE} are read`;
      fail('over-limit', { path, problem, hint: HINT });
    }
    lines.push(bytes.toString('utf8', start, end));
  }
  return lines;
}

/** Whether something follows the last line end: a line whose writing was interrupted, or a file that is not of lines. */
export function hasPartialLine(path: string): boolean {
  if (!fs.existsSync(path)) return false;
  const bytes = bytesOf(path);
  return bytes.length > 0 && bytes.at(-1) !== lineEnd;
}

/** `readLines`, parsed. @throws RecdistillError `over-limit`, `artifact-damaged` naming the line that is not a JSON object */
export const readJsonLines = (path: string): Record<string, unknown>[] => parsedLines(path, readLines(path));

function parsedLines(path: string, lines: readonly string[]): Record<string, unknown>[] {
  return lines.map((line, n) => {
    const damaged = (cause?: unknown): never =>
      fail('artifact-damaged', { path, problem: `line ${n + 1} is not a JSON object`, hint: HINT }, cause);
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (cause) {
      if (!(cause instanceof JsonProblem) || !cause.tooLarge) return damaged(cause);
      return fail('over-limit', { path, problem: `line ${n + 1}: ${cause.message}`, hint: HINT }, cause);
    }
    return isPlainObject(value) ? value : damaged();
  });
}

const CHECK = /,"check":"([0-9a-f]{16})"\}$/;
const checkOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** A line of JSON that ends with a checksum: `check`, the first 16 digits of the SHA-256 of the line without it. */
export function sealedLine(fields: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(fields);
  return `${text.slice(0, -1)},"check":"${checkOf(text)}"}`;
}

/**
 * `readJsonLines` for lines of `sealedLine`, without their checksums. Lines of earlier versions have none; none follows one that has.
 * @param sealed whether all lines must have one
 * @throws RecdistillError `artifact-damaged` naming the line, `read-failed`
 */
export function readSealedLines(path: string, sealed = false): Record<string, unknown>[] {
  let expected = sealed;
  const hint = 'Restore the file, or add --overwrite to make it again.';
  const lines = readLines(path);
  for (const [n, line] of lines.entries()) {
    const check = CHECK.exec(line);
    const damaged = (problem: string): never =>
      fail('artifact-damaged', { path, problem: `line ${n + 1} ${problem}`, hint });
    if (check === null && expected) damaged('has no checksum');
    if (check === null) continue;
    expected = true;
    if (checkOf(`${line.slice(0, check.index)}}`) !== check[1]) damaged('does not match its checksum');
  }
  return parsedLines(path, lines).map(({ check: _, ...fields }) => fields);
}

/**
 * Replaces a file by an equal one. A process that was paused between opening the file and writing to it writes to the file before, which nobody
 * reads any more.
 * @throws RecdistillError `write-failed`, `read-failed`
 */
export function renewLines(path: string): void {
  if (fs.existsSync(path)) writeAtomic(path, bytesOf(path));
}

/**
 * Truncates a file to its first `count` lines and syncs it.
 * @param confirm as of `appendLine`
 * @throws RecdistillError `write-failed`; what `confirm` throws
 */
export function keepLines(path: string, count: number, confirm?: () => void): void {
  if (!fs.existsSync(path)) return;
  writing(path, () => {
    const fd = fs.openSync(path, 'r+');
    try {
      const bytes = bytesOf(path);
      let end = 0;
      for (let n = 0; n < count; n++) end = bytes.indexOf(lineEnd, end) + 1;
      if (end === bytes.length) return;
      confirm?.();
      fs.ftruncateSync(fd, end);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
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
