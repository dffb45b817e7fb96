/** Sources that can be read once only: standard input and pipes. They are copied to a file before anything else happens. */
import { constants, fstatSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fail } from '../errors.js';
import type { Chunks } from './copies.js';

/** Names of the process's own standard input. */
const STANDARD_INPUT = /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

/** A pipe that the shell made for this process: `<(...)`. */
const INHERITED = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

export const isStandardInput = (path: string): boolean => STANDARD_INPUT.test(path);

/** Whether `path` is standard input or a pipe, which can be read once only. */
export async function isPassing(path: string): Promise<boolean> {
  if (isStandardInput(path)) return true;
  const found = await stat(path).catch(() => undefined);
  return found?.isFIFO() ?? false;
}

/** @throws RecdistillError `bad-data` for what is neither a file nor a pipe */
export function refuseSpecial(shown: string, found: Stats): void {
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isSocket()
      ? 'a socket'
      : found.isCharacterDevice() || found.isBlockDevice()
        ? 'a device'
        : undefined;
  if (kind === undefined) return;
  const hint = kind === 'a folder' ? 'Name a file inside of it.' : 'Name a file, or pipe the data in and name it -.';
  fail('bad-data', { path: shown, problem: `is ${kind}; expected a file`, hint });
}

let inputTaken = false;

/**
 * What comes through standard input or a pipe. It waits as long as it takes, and never keeps the process from ending.
 * @param path as `isPassing` has it
 * @throws RecdistillError `bad-data` if standard input is a terminal, a folder or closed, or was read before
 */
export function passing(path: string): Chunks {
  if (isStandardInput(path)) return standardInput();
  const inherited = INHERITED.exec(path)?.[1];
  return inherited === undefined ? namedPipe(path) : new Socket({ fd: Number(inherited), readable: true });
}

function standardInput(): Chunks {
  const path = 'standard input';
  refuseNothing(path);
  if (process.stdin.isTTY) {
    const hint = 'Pipe the data in, as in: zcat clicks.csv.gz | recdistill data inspect -';
    fail('bad-data', { path, problem: 'is a terminal; expected data', hint });
  }
  if (inputTaken) {
    fail('bad-data', { path, problem: 'was read before and is gone', hint: 'Write it to a file and name that.' });
  }
  inputTaken = true;
  return process.stdin;
}

/** Node opens /dev/null in place of a standard input that is closed. @throws RecdistillError `bad-data` for that, and for a folder */
function refuseNothing(path: string): void {
  const hint = 'Pipe the data in, as in: recdistill data inspect - < clicks.csv';
  const found = statsOf(() => fstatSync(0));
  if (found?.isDirectory()) fail('bad-data', { path, problem: 'is a folder; expected data', hint });
  const nothing = found?.isCharacterDevice() ? statsOf(() => statSync('/dev/null')) : undefined;
  if (nothing !== undefined && found?.rdev === nothing.rdev) {
    fail('bad-data', { path, problem: 'is closed, or /dev/null; expected data', hint });
  }
}

function statsOf(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Between two looks at a pipe that has nothing to say, in ms. */
const PAUSE = 20;

/**
 * A pipe is opened and read without blocking: a thread that waits in the system for a writer would keep the process from
 * ending. Until the first byte, the end of the pipe means that there is no writer yet.
 */
async function* namedPipe(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    for (let started = false; ; ) {
      const bytes = await readNow(file);
      if (bytes && bytes.length > 0) {
        started = true;
        yield bytes;
      } else if (bytes && started) return;
      else await setTimeout(PAUSE);
    }
  } finally {
    await file.close();
  }
}

/** What can be read without waiting: nothing at the end, undefined if a writer has not written yet. */
async function readNow(file: FileHandle): Promise<Uint8Array | undefined> {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  try {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EAGAIN') return undefined;
    throw cause;
  }
}
