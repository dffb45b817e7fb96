/** Sources that can be read only once: standard input and pipes. They are copied to a file first. */
import { constants, fstatSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fail, RecdistillError } from '../errors.js';
import { kindOf } from '../formats/file-kind.js';
import { signalForAllWork } from '../progress.js';
import type { Chunks } from './copies.js';

/** Paths that mean standard input. */
const STANDARD_INPUT = /^(?:-|\/dev\/stdin|\/dev\/fd\/0|\/proc\/self\/fd\/0)$/;

/** A pipe created by the shell for this process: `<(...)`. */
const INHERITED = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

export const isStandardInput = (path: string): boolean => STANDARD_INPUT.test(path);

/** Whether `path` is standard input or a pipe, which can be read only once. */
export async function isStream(path: string): Promise<boolean> {
  if (isStandardInput(path)) return true;
  const found = await stat(path).catch(() => undefined);
  return found?.isFIFO() ?? false;
}

/** @throws RecdistillError `bad-data` for anything but a file or a pipe */
export function refuseSpecial(shown: string, found: Stats): void {
  if (found.isFile() || found.isFIFO()) return;
  const kind = kindOf(found);
  const hint = kind === 'a folder' ? 'Give a file in it.' : 'Give a file, or pipe the data to --data -.';
  fail('bad-data', { path: shown, problem: `is ${kind}; expected a file`, hint });
}

let inputTaken = false;

/**
 * Reads standard input or a pipe. It waits without a time limit, but does not keep the process alive.
 * @param path a path for which `isStream` is true
 * @throws RecdistillError `bad-data` if standard input is a terminal, a folder or closed, or was already read
 */
export function streamInput(path: string): Chunks {
  if (isStandardInput(path)) return untilStopped(standardInput());
  const inherited = INHERITED.exec(path)?.[1];
  return untilStopped(
    inherited === undefined ? namedPipe(path) : new Socket({ fd: Number(inherited), readable: true }),
  );
}

/** The same, until the signal of the program. @throws RecdistillError `interrupted` */
async function* untilStopped(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const signal = signalForAllWork();
  const iterator = chunks[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new RecdistillError('interrupted', { what: 'reading a pipe', unkept: true }));
  });
  stopped.catch(() => undefined);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), stopped]);
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    // An open socket would keep the process alive.
    if (chunks instanceof Readable) chunks.destroy();
  }
}

function standardInput(): Chunks {
  const path = 'standard input';
  refuseNothing(path);
  if (process.stdin.isTTY) {
    const hint = 'Pipe the data in, for example: zcat clicks.csv.gz | recdistill data inspect -';
    fail('bad-data', { path, problem: 'is a terminal; expected data', hint });
  }
  if (inputTaken) {
    fail('bad-data', {
      path,
      problem: 'was already read and cannot be read again',
      hint: 'Write it to a file and give that.',
    });
  }
  inputTaken = true;
  return process.stdin;
}

/**
 * Node replaces a closed standard input by /dev/null. Other devices, such as /dev/zero, never end.
 * @throws RecdistillError `bad-data` for those, and for a folder
 */
function refuseNothing(path: string): void {
  const hint = 'Pipe the data in, for example: recdistill data inspect - < clicks.csv';
  const found = statsOf(() => fstatSync(0));
  if (found?.isDirectory()) fail('bad-data', { path, problem: 'is a folder; expected data', hint });
  if (found === undefined || !(found.isCharacterDevice() || found.isBlockDevice()) || process.stdin.isTTY) return;
  const nothing = statsOf(() => statSync('/dev/null'));
  const isNothing = nothing !== undefined && found.rdev === nothing.rdev;
  const problem = isNothing ? 'is closed, or /dev/null; expected data' : 'is a device; expected a file or a pipe';
  fail('bad-data', { path, problem, hint });
}

function statsOf(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Milliseconds between two reads of an idle pipe. */
const PAUSE = 20;

/** Milliseconds after which a pipe without a writer is told. */
const PATIENCE = 2000;

let tellWaiting: (text: string) => void = () => undefined;

/** Sets what is called with a sentence when a pipe has waited two seconds for its writer. */
export function onWaiting(tell: (text: string) => void): void {
  tellWaiting = tell;
}

/**
 * Opens and reads a pipe without blocking, because a thread blocked in the system would keep the process alive. Before
 * the first byte, the end of the pipe only means that there is no writer yet.
 */
async function* namedPipe(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const began = performance.now();
    for (let [started, told] = [false, false]; ; ) {
      if (!started && !told && performance.now() - began > PATIENCE) {
        told = true;
        tellWaiting(`${path} is a pipe: waiting for a program that writes to it. Ctrl-C stops.`);
      }
      const bytes = await readNow(file);
      if (bytes && bytes.length > 0) {
        started = true;
        yield bytes;
      } else if (bytes && started) return;
      else if (signalForAllWork()?.aborted) return;
      else await setTimeout(PAUSE);
    }
  } finally {
    await file.close();
  }
}

/** The bytes that are available now: empty at the end, undefined if the writer has not written yet. */
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
