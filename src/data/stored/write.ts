/** Writes a data set to the store, from which any process on any machine reads it back. */
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, publish, temporaryBeside } from '../../formats/atomic.js';
import { ioCode, writeFailed } from '../../formats/io-error.js';
import { type Tensor, writeSafetensors } from '../../formats/safetensors.js';
import { writeSealedJson } from '../../formats/sealed-json.js';
import { discard } from '../../formats/temporary-names.js';
import { type Dataset, type Interactions, transpose } from '../interactions.js';
import {
  arraysOf,
  detailsOf,
  folderOf,
  IDS,
  MANIFEST,
  type PartName,
  partFile,
  partsOf,
  STORED_FORMAT,
} from './layout.js';
import { storedFolderOf } from './lazy.js';
import { readStoredManifest } from './manifest.js';
import { packTexts } from './texts.js';

/**
 * Stores a data set once. The folder appears whole or not at all; if two processes write it, one of them keeps it.
 * @param store the runs folder
 * @returns the folder of the data set
 * @throws RecdistillError `write-failed`, `bad-data` for ids that no file can hold, `artifact-damaged` if what is there is damaged
 */
export function storeDataset(store: string, dataset: Dataset): string {
  const from = storedFolderOf(dataset);
  const folder = join(folderOf(store, dataset.fingerprint), from === undefined ? detailsOf(dataset) : basename(from));
  if (isStored(folder)) return folder;
  makeFolder(dirname(folder));
  const temporary = temporaryBeside(folder);
  try {
    // Another store has it: its files are copied as they are.
    if (from !== undefined) fs.cpSync(from, temporary, { recursive: true });
    else {
      fs.mkdirSync(temporary);
      write(temporary, dataset);
    }
    publish(temporary, folder);
  } catch (cause) {
    discard(temporary);
    // Another process has stored the same data meanwhile.
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(ioCode(cause) ?? '') && isStored(folder)) return folder;
    writeFailed(folder, cause);
  }
  return folder;
}

/** Whether the folder has a complete data set: its files with their sizes. @throws RecdistillError `artifact-damaged` */
export function isStored(folder: string): boolean {
  if (!fs.existsSync(folder)) return false;
  readStoredManifest(folder);
  return true;
}

function write(folder: string, dataset: Dataset): void {
  const { name, fingerprint, notes, users, items, itemLabels, memory, hidden } = dataset;
  const files: Record<string, { bytes: number; sha256: string }> = {};
  const add = (file: string, tensors: Readonly<Record<string, Tensor>>): void => {
    const path = join(folder, file);
    const sha256 = writeSafetensors(path, tensors);
    files[file] = { bytes: fs.statSync(path).size, sha256 };
  };
  const texts = { user: users.ids, item: items.ids, ...(itemLabels ? { label: itemLabels } : {}) };
  const packed = Object.entries(texts).flatMap(([kind, list]) => {
    const { bytes, starts } = packTexts(list, `${kind}s of ${name}`);
    return [
      [`${kind}.bytes`, vector(bytes)],
      [`${kind}.starts`, vector(starts)],
    ] as const;
  });
  add(IDS, Object.fromEntries(packed));
  for (const [part, rows] of partsOf(dataset)) add(partFile(part), tensorsOf(part, rows));
  writeSealedJson(join(folder, MANIFEST), {
    format: STORED_FORMAT,
    kind: 'data',
    ...{ name, fingerprint, nUsers: users.ids.length, nItems: items.ids.length },
    labels: itemLabels !== undefined,
    ...(hidden ? { whole: hidden.whole } : {}),
    ...(memory ? { memory } : {}),
    ...{ notes, files },
  });
}

/** The arrays of a part; of train also by item: the users of item i are `itemIndices[itemIndptr[i] .. itemIndptr[i + 1])`. */
function tensorsOf(part: PartName, rows: Interactions): Record<string, Tensor> {
  const arrays = Object.entries(arraysOf(rows)).flatMap(([array, data]) => (data ? [[array, data] as const] : []));
  if (part === 'train') {
    const { indptr, indices, weights } = transpose(rows);
    arrays.push(['itemIndptr', indptr], ['itemIndices', indices]);
    if (weights) arrays.push(['itemWeights', weights]);
  }
  return Object.fromEntries(arrays.map(([array, data]) => [`${part}.${array}`, vector(data)]));
}

const vector = (data: Tensor['data']): Tensor => ({ shape: [data.length], data });
