/** Finds a stored data set by its fingerprint. */
import fs from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../errors.js';
import { MANIFEST } from './layout.js';

/**
 * The folder of a stored data set with a fingerprint. There may be several that differ in names of items, times or notes; the first one is taken.
 * @param folder `STORE/data/FINGERPRINT`
 * @throws RecdistillError `file-missing`
 */
export function storedBelow(folder: string): string {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const found = names.find((name) => !name.startsWith('.') && fs.existsSync(join(folder, name, MANIFEST)));
  return found === undefined ? fail('file-missing', { path: folder }) : join(folder, found);
}
