/** Temporary files that are gone when they are not needed any more, also where a signal ends the process. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail } from '../errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is to be done if a signal ends the process now. */
const cleanings = new Set<() => void>();

/**
 * Runs `use` with a new folder among the temporary files of the system, and removes it in any case.
 * @throws RecdistillError `write-failed` if there is no place for it
 */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'recdistill-')).catch((cause) => noPlace(tmpdir(), cause));
  const keep = cleanedOnSignal(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    keep();
  }
}

function noPlace(folder: string, cause: unknown): never {
  const name = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
  const given = process.env[name];
  const source = given ? `${name} names it` : `${name} is not set`;
  const why = cause instanceof Error ? cause.message.replace(/, mkdtemp .*/, '') : String(cause);
  fail(
    'write-failed',
    {
      path: folder,
      problem: `it is the folder for temporary files (${source}): ${why}`,
      hint: `Set ${name} to a folder that is there, that you may write to, and that has room for copies of the data.`,
    },
    cause,
  );
}

/**
 * Has `clean` run if SIGINT, SIGTERM or SIGHUP ends the process. The process then ends as it would have without: by that signal. Where
 * others listen for the signal, they decide, and `clean` is not run.
 * @param clean synchronous; what it throws is ignored
 * @returns ends this
 */
export function cleanedOnSignal(clean: () => void): () => void {
  // The first to hear of it: a listener that hears it once is gone afterwards.
  if (cleanings.size === 0) for (const signal of SIGNALS) process.prependListener(signal, endBy);
  cleanings.add(clean);
  return () => {
    if (cleanings.delete(clean) && cleanings.size === 0) stopListening();
  };
}

function stopListening(): void {
  for (const signal of SIGNALS) process.removeListener(signal, endBy);
}

function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  for (const clean of cleanings) {
    try {
      clean();
    } catch {
      // The process ends; nobody is left to be told.
    }
  }
  stopListening();
  process.kill(process.pid, signal);
}
