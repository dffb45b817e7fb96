/**
 * Layout of a stored data set: `STORE/data/FINGERPRINT/DETAILS/` with `manifest.json`, `ids.safetensors` and one file for each part.
 * DETAILS is a hash of what the fingerprint does not cover (times, names of items, notes), so that a folder never changes.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hashOf } from '../../formats/sealed-json.js';
import type { Dataset, Interactions } from '../interactions.js';

/** Version of the layout. */
export const STORED_FORMAT = 1;

export const MANIFEST = 'manifest.json';
export const IDS = 'ids.safetensors';

/** The parts that a data set may have. `train`, `valid` and `test` always exist. */
export const partNames = ['train', 'valid', 'test', 'foldIn', 'hidden', 'avoided'] as const;
export type PartName = (typeof partNames)[number];

export const partFile = (part: PartName): string => `${part}.safetensors`;

/** The arrays of a part. Names of tensors are `PART.ARRAY`. */
export const arraysOf = ({ indptr, indices, weights, times, trainUsers }: Interactions) => ({
  ...{ indptr, indices, weights, times, trainUsers },
});

/** The parts that the data set has. */
export function partsOf(dataset: Dataset): readonly (readonly [PartName, Interactions])[] {
  const { train, valid, test, foldIn, hidden } = dataset;
  const parts = { train, valid, test, foldIn, hidden: hidden?.interactions, avoided: train.avoided };
  return partNames.flatMap((name) => (parts[name] ? [[name, parts[name]] as const] : []));
}

/** The folder of the data sets with this fingerprint. @param store the runs folder */
export const folderOf = (store: string, fingerprint: string): string => join(store, 'data', fingerprint);

/** 16 hex digits of the SHA-256 of everything that the fingerprint leaves out. */
export function detailsOf(dataset: Dataset): string {
  const { name, notes, itemLabels = null, memory = null, hidden } = dataset;
  const hash = createHash('sha256').update(hashOf({ name, notes, memory, whole: hidden?.whole ?? null }));
  for (const label of itemLabels ?? []) hash.update(`${Buffer.byteLength(label)}:${label}\n`);
  for (const [part, rows] of partsOf(dataset)) {
    const { indptr, indices, ...others } = arraysOf(rows);
    const covered = part !== 'hidden' && part !== 'avoided';
    for (const [array, numbers] of Object.entries({ ...others, ...(covered ? {} : { indptr, indices }) })) {
      if (!numbers) continue;
      hash.update(`${part}.${array} ${numbers.length}\n`);
      const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      // One update accepts less than 2 GiB.
      for (let at = 0; at < bytes.length; at += 2 ** 30) hash.update(bytes.subarray(at, at + 2 ** 30));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
