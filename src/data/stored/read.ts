/** Reads a stored data set whole. */
import { join } from 'node:path';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { readSafetensors, type TensorData, type TensorType, tensorOf } from '../../formats/safetensors.js';
import { idMap } from '../ids.js';
import type { Dataset, Interactions } from '../interactions.js';
import { IDS, type PartName, partFile } from './layout.js';
import { readStoredManifest } from './manifest.js';
import { unpackTexts } from './texts.js';

/**
 * The data set of a folder, equal to the one that was stored. The checksums of all files are verified.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export function readStored(folder: string): Dataset {
  const { name, fingerprint, nUsers, nItems, labels, whole, memory, notes, files, parts } = readStoredManifest(folder);
  const ids = readChecked(IDS);
  const textsOf = (kind: string, count: number): string[] =>
    unpackTexts({
      bytes: ids.read(`${kind}.bytes`, Uint8Array, null)!,
      starts: ids.read(`${kind}.starts`, Uint32Array, count + 1)!,
    });
  const { train, valid, test, foldIn, hidden, avoided } = Object.fromEntries(
    parts.map((part) => [part, partOf(part)]),
  ) as Record<'train' | 'valid' | 'test', Interactions> & Partial<Record<PartName, Interactions>>;
  return {
    ...{ name, fingerprint, notes },
    ...{ users: idMap(textsOf('user', nUsers)), items: idMap(textsOf('item', nItems), 'items') },
    ...(labels ? { itemLabels: textsOf('label', nItems) } : {}),
    train: avoided ? { ...train, avoided } : train,
    ...{ valid, test },
    ...defined({ foldIn, memory }),
    ...(hidden && whole !== undefined ? { hidden: { interactions: hidden, whole } } : {}),
  };

  function partOf(part: PartName): Interactions {
    const file = readChecked(partFile(part));
    const indptr = file.read(`${part}.indptr`, Int32Array, nUsers + 1)!;
    const indices = file.read(`${part}.indices`, Int32Array, indptr[nUsers]!)!;
    return {
      ...{ nUsers, nItems, indptr, indices },
      ...defined({
        times: file.read(`${part}.times`, Float64Array, indices.length),
        weights: file.read(`${part}.weights`, Float32Array, indices.length),
        trainUsers: file.read(`${part}.trainUsers`, Int32Array, null),
      }),
    };
  }

  function readChecked(name: string) {
    const path = join(folder, name);
    const file = readSafetensors(path);
    if (file.checksum !== files[name]!.sha256)
      fail('artifact-damaged', { path, problem: 'it is not the file that the manifest names' });
    return {
      /** Undefined for an array that may be absent and is. */
      read: <T extends TensorData>(tensor: string, type: TensorType<T>, length: number | null): T | undefined =>
        OPTIONAL.test(tensor) && !file.tensors.has(tensor) ? undefined : tensorOf(path, file, tensor, type, [length]),
    };
  }
}

const OPTIONAL = /\.(?:times|weights|trainUsers)$/;
