/** Saves standard input and pipes as files, for commands whose data later commands read again. */
import { createHash } from 'node:crypto';
import { rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail } from '../errors.js';
import { discard, makeFolder, publish, temporaryBeside, writing } from '../formats/index.js';
import { copyTo } from './copies.js';
import { isStandardInput, isStream, streamInput } from './stream-input.js';
import { cleanedOnSignal } from './temporary.js';

/**
 * Copies standard input or a pipe to a file named by the hash of its content: equal content gives the same file.
 * @param folder folder of the file, created if necessary
 * @returns the file, or undefined if `path` is neither standard input nor a pipe
 * @throws RecdistillError `bad-data` if it is empty, `write-failed`; no file remains in either case
 */
export async function keepInput(path: string, folder: string): Promise<string | undefined> {
  if (!(await isStream(path))) return undefined;
  const shown = isStandardInput(path) ? 'standard input' : path;
  const chunks = streamInput(path);
  const made = makeFolder(folder);
  const temporary = temporaryBeside(join(folder, 'input'));
  const clean = () => {
    discard(temporary);
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
    writing(file, () => publish(temporary, file));
    return file;
  } finally {
    clean();
    keep();
  }
}

/** Removes `folder` and its parents up to `top`, as long as they are empty. */
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
