/**
 * A stored data set whose arrays are read when they are asked for, so that a process that plans, or that reads ranges, does not hold it. Its sizes are
 * known from the start (`count`, `isWeighted`).
 */
import { join } from 'node:path';
import { fail } from '../../errors.js';
import { checksumOf, type TensorData, type TensorType } from '../../formats/safetensors.js';
import { type DataMemory, dataMemory } from '../../memory/index.js';
import { idMap } from '../ids.js';
import { type Dataset, type IdMap, type Interactions, stateSizes } from '../interactions.js';
import { IDS, type PartName, partFile } from './layout.js';
import { openStored, type StoredData } from './open.js';

const folders = new WeakMap<Dataset, string>();

/** The folder from which a data set is read when it is asked for. Undefined for one in memory. */
export const storedFolderOf = (dataset: Dataset): string | undefined => folders.get(dataset);

/**
 * Opens a stored data set. The checksum of a file is verified before the first of its arrays is used.
 * @param given folder of a data set, or of a fingerprint
 * @param more further properties of what is returned
 * @throws RecdistillError `file-missing`, `artifact-damaged`; the latter also when arrays are read
 */
export function openDataset<T extends object>(given: string, more: T): Dataset & T {
  const stored = openStored(given);
  const { folder, name, fingerprint, notes, nUsers, nItems, whole, parts } = stored;
  const verified = new Set<string>();
  const verify = (file: string): void => {
    if (!verified.has(file)) verifyFile(stored, file);
    verified.add(file);
  };
  const part = (which: PartName): Interactions => lazily(stored, which, () => verify(partFile(which)));
  const ids = (kind: 'user' | 'item', count: number): IdMap => {
    const map = {} as IdMap;
    const read = (): IdMap => {
      verify(IDS);
      return idMap(stored.ids(kind, 0, count));
    };
    for (const name of ['ids', 'index'] as const)
      readLate(map, name, () => {
        const { ids, index } = read();
        Object.defineProperties(map, { ids: { value: ids }, index: { value: index } });
        return map[name];
      });
    return map;
  };
  const dataset = {
    ...more,
    ...{ name, fingerprint, notes, users: ids('user', nUsers), items: ids('item', nItems) },
    ...{ train: part('train'), valid: part('valid'), test: part('test'), memory: memoryOf(stored) },
    ...(parts.includes('foldIn') ? { foldIn: part('foldIn') } : {}),
    ...(whole !== undefined && parts.includes('hidden') ? { hidden: { interactions: part('hidden'), whole } } : {}),
  };
  if (parts.includes('avoided')) Object.assign(dataset.train, { avoided: part('avoided') });
  if (stored.labels)
    readLate(dataset, 'itemLabels', () => {
      verify(IDS);
      return stored.ids('label', 0, nItems);
    });
  folders.set(dataset, folder);
  return dataset;
}

/** Compares all files with their checksums. @throws RecdistillError `file-missing`, `artifact-damaged` */
export function verifyStoredData(folder: string): StoredData {
  const stored = openStored(folder);
  for (const file of Object.keys(stored.files)) verifyFile(stored, file);
  return stored;
}

function verifyFile({ folder, files }: StoredData, file: string): void {
  const path = join(folder, file);
  if (checksumOf(path) !== files[file]!.sha256)
    fail('artifact-damaged', { path, problem: 'it is not the file that the manifest names' });
}

/** The arrays of a part. */
const ARRAYS: Readonly<Record<string, TensorType<TensorData>>> = {
  ...{ indptr: Int32Array, indices: Int32Array, trainUsers: Int32Array },
  ...{ weights: Float32Array, times: Float64Array },
};

function lazily(stored: StoredData, part: PartName, verify: () => void): Interactions {
  const x = { nUsers: stored.nUsers, nItems: stored.nItems } as Interactions;
  for (const [name, type] of Object.entries(ARRAYS)) {
    if (!stored.has(part, name)) continue;
    readLate(x, name, () => {
      verify();
      return stored.array(part, name, type);
    });
  }
  stateSizes(x, { count: stored.count(part), weighted: stored.has(part, 'weights') });
  return x;
}

/** A property that is read when it is first asked for, and then kept. */
function readLate(target: object, name: string, read: () => unknown): void {
  Object.defineProperty(target, name, {
    ...{ enumerable: true, configurable: true },
    get: () => {
      const value = read();
      Object.defineProperty(target, name, { value, enumerable: true });
      return value;
    },
  });
}

/** When all of it is read: ids, and the arrays of each part. */
function memoryOf({ nUsers, nItems, parts, count, has }: StoredData): DataMemory {
  const rows = parts.reduce((sum, part) => sum + count(part), 0);
  const values = Number(has('train', 'times')) + Number(has('train', 'weights'));
  return { held: dataMemory({ users: nUsers, items: nItems, rows, values }).held, reading: 0 };
}
