/** Reads ranges of a stored data set by position in its files, for jobs that need only some users or items. */
import { join } from 'node:path';
import { fail } from '../../errors.js';
import { withFile } from '../../formats/read.js';
import type { TensorData, TensorType } from '../../formats/safetensors.js';
import { readHeader, type TensorPlace } from '../../formats/safetensors-places.js';
import type { Interactions } from '../interactions.js';
import { IDS, type PartName, partFile } from './layout.js';
import { dataWithin, readStoredManifest, type StoredManifest } from './manifest.js';
import { unpackTexts } from './texts.js';

/** A stored data set of which ranges are read. */
export interface StoredData extends StoredManifest {
  readonly folder: string;
  /** Number of interactions of a part; 0 for a part that the data set does not have. @throws RecdistillError `artifact-damaged` */
  count(part: PartName): number;
  /**
   * The interactions of the users `from` to `to` (exclusive), numbered from 0. Weights are read, times are not.
   * @throws RecdistillError `artifact-damaged`; RangeError for users that do not exist
   */
  rows(part: PartName, from: number, to: number): Interactions;
  /**
   * The train interactions of the items `from` to `to` (exclusive), as rows of users: the transposed matrix.
   * @throws RecdistillError `artifact-damaged`; RangeError for items that do not exist
   */
  columns(from: number, to: number): Interactions;
  /** Row starts of the train interactions by user or by item: one more number than there are users or items. */
  starts(kind: 'user' | 'item'): Int32Array;
  /** Ids of users or items, or names of items, from `from` to `to` (exclusive). */
  ids(kind: 'user' | 'item' | 'label', from: number, to: number): string[];
  /** Users who take part in training, ascending, if others are held out whole. */
  trainUsers(): Int32Array | undefined;
  /** Whether a part has an array, such as `weights`. */
  has(part: PartName, array: string): boolean;
  /** A whole array of a part, which has it. @throws RecdistillError `artifact-damaged` */
  array<T extends TensorData>(part: PartName, array: string, type: TensorType<T>): T;
}

/**
 * Opens a stored data set. Of the folder of a fingerprint (`storedDataFolder`), it is any data set in it: their interactions are the same.
 * Only its manifest is read here, and sizes of files are checked; `readStored` also verifies checksums.
 * @throws RecdistillError `file-missing`, `artifact-damaged`
 */
export function openStored(given: string): StoredData {
  const folder = dataWithin(given);
  const manifest = readStoredManifest(folder);
  const { nUsers, nItems } = manifest;
  const headers = new Map<string, ReadonlyMap<string, TensorPlace>>();
  const places = (file: string) => {
    const known = headers.get(file) ?? readHeader(join(folder, file));
    headers.set(file, known);
    return known;
  };

  /** The elements `from` to `to` of a vector. */
  function read<T extends TensorData>(file: string, name: string, type: TensorType<T>, from: number, to: number): T {
    const path = join(folder, file);
    const place = places(file).get(name);
    const values = new type(to - from);
    if (!place || place.type !== type.name || to > place.length)
      fail('artifact-damaged', { path, problem: `it has no ${type.name} "${name}" of at least ${to} elements` });
    const bytes = new Uint8Array(values.buffer);
    withFile(path, ({ read }) => bytes.set(read(place.position + from * values.BYTES_PER_ELEMENT, bytes.length)));
    return values;
  }

  function lists(file: string, [starts, entries, weights]: readonly string[], from: number, to: number) {
    const indptr = read(file, starts!, Int32Array, from, to + 1);
    const [first, last] = [indptr[0]!, indptr[to - from]!];
    const indices = read(file, entries!, Int32Array, first, last);
    const values = places(file).has(weights!) && read(file, weights!, Float32Array, first, last);
    for (let k = 0; k < indptr.length; k++) indptr[k]! -= first;
    return { indptr, indices, ...(values ? { weights: values } : {}) };
  }

  return {
    ...manifest,
    folder,
    count: (part) => (manifest.parts.includes(part) ? (places(partFile(part)).get(`${part}.indices`)?.length ?? 0) : 0),
    rows(part, from, to) {
      check('users', from, to, nUsers);
      const names = [`${part}.indptr`, `${part}.indices`, `${part}.weights`];
      return { nUsers: to - from, nItems, ...lists(partFile(part), names, from, to) };
    },
    columns(from, to) {
      check('items', from, to, nItems);
      const names = ['train.itemIndptr', 'train.itemIndices', 'train.itemWeights'];
      return { nUsers: to - from, nItems: nUsers, ...lists(partFile('train'), names, from, to) };
    },
    starts: (kind) =>
      kind === 'user'
        ? read(partFile('train'), 'train.indptr', Int32Array, 0, nUsers + 1)
        : read(partFile('train'), 'train.itemIndptr', Int32Array, 0, nItems + 1),
    ids(kind, from, to) {
      check(`${kind}s`, from, to, kind === 'user' ? nUsers : nItems);
      const starts = read(IDS, `${kind}.starts`, Uint32Array, from, to + 1);
      return unpackTexts({ bytes: read(IDS, `${kind}.bytes`, Uint8Array, starts[0]!, starts[to - from]!), starts });
    },
    trainUsers() {
      const place = places(partFile('train')).get('train.trainUsers');
      return place && read(partFile('train'), 'train.trainUsers', Int32Array, 0, place.length);
    },
    has: (part, array) => places(partFile(part)).has(`${part}.${array}`),
    array(part, array, type) {
      const name = `${part}.${array}`;
      return read(partFile(part), name, type, 0, places(partFile(part)).get(name)?.length ?? 0);
    },
  };
}

function check(what: string, from: number, to: number, count: number): void {
  if (0 <= from && from <= to && to <= count) return;
  throw new RangeError(`${what} ${from} to ${to} of a data set with ${count}`);
}
