/** Standard input and pipes kept as files, for commands whose data is read again by later ones. */
import { createHash, randomUUID } from 'node:crypto';
import { rmdirSync, rmSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fail } from '../errors.js';
import { copyTo } from './copies.js';
import { isPassing, isStandardInput, passing } from './passing.js';
import { cleanedOnSignal } from './temporary.js';

/**
 * Copies what comes through standard input or a pipe to a file that is named by its content; the same content gives the same file.
 * @param folder where the file goes; it is made if need be
 * @returns the file, or undefined if `path` is neither
 * @throws RecdistillError `bad-data` if nothing came, `write-failed`; in both cases nothing is left behind
 */
export async function keepInput(path: string, folder: string): Promise<string | undefined> {
  if (!(await isPassing(path))) return undefined;
  const shown = isStandardInput(path) ? 'standard input' : path;
  const chunks = passing(path);
  const made = await mkdir(folder, { recursive: true }).catch((cause) =>
    fail('write-failed', { path: folder, problem: cause instanceof Error ? cause.message : String(cause) }, cause),
  );
  const temporary = join(folder, `${randomUUID()}.tmp`);
  const clean = () => {
    rmSync(temporary, { force: true });
    if (made !== undefined) removeEmpty(folder, made);
  };
  const keep = cleanedOnSignal(clean);
  const hash = createHash('sha256');
  let bytes = 0;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await copyTo(temporary, hashed(), shown);
    if (bytes === 0) fail('bad-data', { path: shown, problem: 'is empty', hint: 'Expected rows of user and item.' });
    const file = join(folder, `${hash.digest('hex').slice(0, 12)}.data`);
    await rename(temporary, file);
    return file;
  } finally {
    clean();
    keep();
  }
}

/** Removes `folder` and what it lies in, up to `top`, as far as they are empty. */
function removeEmpty(folder: string, top: string): void {
  try {
    for (let at = resolve(folder); ; at = dirname(at)) {
      rmdirSync(at);
      if (at === resolve(top)) return;
    }
  } catch {
    // Something else is in it by now.
  }
}
