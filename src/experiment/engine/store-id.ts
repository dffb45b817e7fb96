/** The id of a store: two processes work on the same store if they read the same id. */

import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../errors.js';
import { discard, makeFolder, parseJsonFile } from '../../formats/index.js';
import { ioCode, writeFailed } from '../../formats/io-error.js';

/** Name of its file. Hidden, so that no search for runs looks at it. */
export const STORE_ID = '.recdistill-store';

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The id of a runs folder. The first process that asks for it writes it; of several, one.
 * @returns a UUID
 * @throws RecdistillError `artifact-damaged`, `write-failed`
 */
export function storeId(store: string): string {
  const path = join(store, STORE_ID);
  if (!fs.existsSync(path)) {
    makeFolder(store);
    const draft = `${path}.${randomUUID()}`;
    try {
      fs.writeFileSync(draft, `${JSON.stringify({ id: randomUUID() })}\n`);
      // Unlike a rename, a link does not replace the file of another process.
      fs.linkSync(draft, path);
    } catch (cause) {
      if (ioCode(cause) !== 'EEXIST') writeFailed(path, cause);
    } finally {
      discard(draft);
    }
  }
  const { id } = parseJsonFile(path) as { id?: unknown };
  if (typeof id === 'string' && ID.test(id)) return id;
  return fail('artifact-damaged', {
    path,
    problem: 'it has no id of a store',
    hint: 'Delete the file. It is written again.',
  });
}
