/** Names of items in a bundle that stands already. Nothing but the names changes, so that the numbers need not be written anew. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { writeAtomic, writeFolder } from '../formats/atomic.js';
import { readBytes } from '../formats/read.js';
import { writeSealedJson } from '../formats/sealed-json.js';
import { bundleFiles } from '../student/parse-bundle.js';
import { isBundleFile, itemsBytes, readBundle } from './bundle.js';

/**
 * Puts `labels` into the bundle of `folder`, in place of those that it may have. It stays as it was if this fails. Its SHA-256 changes;
 * `namedFrom` in the manifest is the one that it had without them, or with the first ones.
 * @param labels one for each item, `''` where there is none
 * @returns false if it has these already
 * @throws RecdistillError as `readBundle`, `write-failed`, `usage` if there is not one label for each item
 */
export async function writeLabels(folder: string, labels: readonly string[]): Promise<boolean> {
  const { manifest, model } = await readBundle(folder);
  const { itemIds, labels: before } = model;
  if (labels.length !== itemIds.length) {
    const problem = `${labels.length} names for the ${itemIds.length} items of ${folder}`;
    fail('usage', { problem, hint: 'Give one for each item, in the order of the bundle.' });
  }
  if (before && labels.every((label, item) => label === before[item])) return false;
  const items = itemsBytes({ itemIds, labels });
  const entry = { bytes: items.length, sha256: createHash('sha256').update(items).digest('hex') };
  const { sha256, files, namedFrom = sha256, ...rest } = manifest;
  const kept = [bundleFiles.tensors, bundleFiles.users].map((name) => [name, readBytes(join(folder, name))] as const);
  writeFolder(folder, isBundleFile, (temp) => {
    for (const [name, bytes] of kept) writeAtomic(join(temp, name), bytes);
    writeAtomic(join(temp, bundleFiles.items), items);
    const sealed = { ...rest, namedFrom, files: { ...files, [bundleFiles.items]: entry } };
    writeSealedJson(join(temp, bundleFiles.manifest), sealed);
  });
  return true;
}
