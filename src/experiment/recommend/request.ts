/** What the shards of recommendations need besides a bundle or a run: chosen users and items, and what users have. It is a part in the store. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Interactions } from '../../data/index.js';
import { defined } from '../../defined.js';
import { NAMES, parseJsonFile, readSafetensors, writePart, writeSafetensors } from '../../formats/index.js';
import { tensorOf } from '../../formats/safetensors.js';
import { partFolder } from '../engine/store-folders.js';

type Lists = Pick<Interactions, 'indptr' | 'indices'>;

/**
 * `vectors`: users of the bundle by their vectors. `histories`: users by the items that they have, of a bundle without users. `rankings`: the stored
 * lists of a run without a bundle.
 */
export interface Request {
  readonly by: 'vectors' | 'histories' | 'rankings';
  /** Row of each user of the output in the source. Absent: all rows, in order. */
  readonly users?: Int32Array;
  /** Items that may be listed, ascending. Absent: all. */
  readonly items?: Int32Array;
  /** Of a source that has no users: their ids by row. */
  readonly userIds?: readonly string[];
  /** Of stored rankings, by index. */
  readonly itemIds?: readonly string[];
  readonly labels?: readonly string[];
  /** What each user has, by row: the vectors are made of it. */
  readonly history?: Lists;
  /** Items that are left out for each user, by row. */
  readonly left?: Lists;
}

const TENSORS = 'request.safetensors';
const IDS = 'ids.json';

const arraysOf = ({ users, items, history, left }: Request): Record<string, Int32Array> =>
  defined({
    ...{ users, items },
    ...{ 'history.indptr': history?.indptr, 'history.indices': history?.indices },
    ...{ 'left.indptr': left?.indptr, 'left.indices': left?.indices },
  });

/** Writes it into the store, unless it is there. @returns its hash and its folder */
export async function storeRequest(store: string, request: Request): Promise<{ hash: string; folder: string }> {
  const { by, userIds, itemIds, labels } = request;
  const texts = JSON.stringify(defined({ by, userIds, itemIds, labels }));
  const arrays = Object.entries(arraysOf(request));
  const digest = createHash('sha256').update(texts);
  for (const [name, data] of arrays) digest.update(`${name} ${data.length} `).update(data);
  const hash = digest.digest('hex');
  const folder = partFolder(store, hash);
  await writePart(folder, { hash, spec: { unit: 'request', by } }, async (temporary) => {
    const tensors = Object.fromEntries(arrays.map(([name, data]) => [name, { shape: [data.length], data }]));
    writeSafetensors(join(temporary, TENSORS), tensors);
    writeFileSync(join(temporary, IDS), texts);
  });
  return { hash, folder };
}

/** @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged` */
export function readRequest(folder: string): Request {
  const path = join(folder, TENSORS);
  const file = readSafetensors(path);
  const array = (name: string) => (file.tensors.has(name) ? tensorOf(path, file, name, Int32Array, [null]) : undefined);
  const lists = (name: string): Lists | undefined => {
    const [indptr, indices] = [array(`${name}.indptr`), array(`${name}.indices`)];
    return indptr && indices && { indptr, indices };
  };
  return {
    ...(parseJsonFile(join(folder, IDS), undefined, NAMES) as Pick<Request, 'by' | 'userIds' | 'itemIds' | 'labels'>),
    ...defined({ users: array('users'), items: array('items'), history: lists('history'), left: lists('left') }),
  };
}
