/** Sets the item names of an existing bundle. Only the names change; the parameters are not rewritten. */
import { join } from 'node:path';
import { fail } from '../errors.js';
import { tidyFolder, writeAtomic, writeFolder } from '../formats/atomic.js';
import { readBytes } from '../formats/read.js';
import { writeSealedJson } from '../formats/sealed-json.js';
import { bundleFiles, entryOf, partsOf } from '../student/parse-bundle.js';
import { entryFor, isBundleFile, itemsBytes, readBundle } from './bundle.js';

/**
 * Writes `labels` to the bundle in `folder` and replaces existing ones, atomically. The SHA-256 of the bundle changes;
 * `namedFrom` in the manifest keeps the one from before the first such change.
 * @param labels one per item, `''` for an item without a name
 * @returns false if the bundle already has these labels
 * @throws RecdistillError those of `readBundle`, `write-failed`, `usage` if there is not one label per item
 */
export async function writeLabels(folder: string, labels: readonly string[]): Promise<boolean> {
  const { manifest, model } = await readBundle(folder);
  const { itemIds, labels: before } = model;
  if (labels.length !== itemIds.length) {
    const problem = `${labels.length} names for the ${itemIds.length} items of ${folder}`;
    fail('usage', { problem, hint: 'Give one name per item, in the order of the bundle.' });
  }
  if (before && labels.every((label, item) => label === before[item])) {
    tidyFolder(folder, isBundleFile);
    return false;
  }
  const items = itemsBytes({ itemIds, labels }, manifest.formatVersion);
  const entry = entryFor([items]);
  const { sha256, files, namedFrom = sha256, ...rest } = manifest;
  const unchanged = partsOf(manifest.kind).filter((part) => part !== 'items');
  const kept = unchanged.map((part) => {
    const name = bundleFiles[part];
    return [name, readBytes(join(folder, name), entryOf(files, part).bytes)] as const;
  });
  writeFolder(folder, isBundleFile, (temp) => {
    for (const [name, bytes] of kept) writeAtomic(join(temp, name), bytes);
    writeAtomic(join(temp, bundleFiles.items), items);
    const sealed = { ...rest, namedFrom, files: { ...files, [bundleFiles.items]: entry } };
    writeSealedJson(join(temp, bundleFiles.manifest), sealed);
  });
  return true;
}
