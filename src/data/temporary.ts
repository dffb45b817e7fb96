/** Temporary folders that are removed after use, also if a signal ends the process. */
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { describeIo, ioCode } from '../formats/io-error.js';
import { isTempFolder, sweep, temporaryFolderName } from '../formats/temporary-names.js';
import { onBusy } from '../progress.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Clean-up functions to run if a signal or a call of process.exit ends the process. */
const cleanings = new Set<() => void>();

/** Temporary folders that this process has swept. */
const swept = new Set<string>();

/**
 * Runs `use` with a new folder in the system's temporary folder, and always removes it. Folders
 * that killed processes left there are removed first.
 * @throws RecdistillError `write-failed` if it cannot be created
 */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const parent = tmpdir();
  if (!swept.has(parent)) sweep(parent, isTempFolder);
  swept.add(parent);
  const folder = join(parent, temporaryFolderName());
  await mkdir(folder, { mode: 0o700 }).catch((cause) => noPlace(parent, cause));
  const keep = cleanedOnSignal(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  try {
    return await use(folder);
  } finally {
    // What cannot be removed is left for the next process.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    keep();
  }
}

function noPlace(folder: string, cause: unknown): never {
  const name = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
  const given = process.env[name];
  const source = given ? `set by ${name}` : `${name} is not set`;
  const why = ioCode(cause) === 'ENOENT' ? 'it does not exist (ENOENT)' : describeIo(cause);
  fail(
    'write-failed',
    {
      path: folder,
      problem: `it is the folder for temporary files (${source}): ${why}`,
      hint: `Set ${name} to an existing, writable folder with space for copies of the data.`,
    },
    cause,
  );
}

/**
 * Runs `clean` if SIGINT, SIGTERM or SIGHUP ends the process, or process.exit. The process still ends by that signal. If there are other
 * listeners for the signal, they decide what to do.
 * @param clean synchronous; its errors are ignored
 * @returns unregisters `clean`
 */
export function cleanedOnSignal(clean: () => void): () => void {
  // Prepended, because a `once` listener that runs before would no longer be counted.
  if (cleanings.size === 0) {
    startListening();
    process.on('exit', cleanAll);
    // What a process leaves that is ended while it is busy, the next one removes.
    noLongerBusy = onBusy({ begin: stopListening, end: startListening });
  }
  cleanings.add(clean);
  return () => {
    if (!cleanings.delete(clean) || cleanings.size > 0) return;
    stopListening();
    process.removeListener('exit', cleanAll);
    noLongerBusy();
  };
}

let noLongerBusy = (): void => undefined;

function startListening(): void {
  for (const signal of SIGNALS) process.prependListener(signal, endBy);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.removeListener(signal, endBy);
}

function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  cleanAll();
  stopListening();
  process.kill(process.pid, signal);
}

function cleanAll(): void {
  for (const clean of cleanings) {
    try {
      clean();
    } catch {
      // The process ends, so the error cannot be reported.
    }
  }
}
