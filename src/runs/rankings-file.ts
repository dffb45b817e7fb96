/** Rankings in a file: one safetensors tensor of int32 item ids, 4 bytes per entry. */
import type { Rankings } from '../data/rankings.js';
import { fail } from '../errors.js';
import { readSafetensors, tensorOf, writeSafetensors } from '../formats/safetensors.js';

export interface RankingsFile {
  readonly rankings: Rankings;
  /** Metadata that was written with them. */
  readonly meta: ReadonlyMap<string, string>;
  /** SHA-256 (hex) of the file, as its header carries it. */
  readonly checksum: string;
}

/**
 * Writes rankings atomically.
 * @param meta further metadata; the names `catalogue` and `sha256` are reserved
 * @returns the file's checksum
 * @throws RecdistillError `write-failed`; TypeError if the array does not have `users * depth` entries
 */
export function writeRankings(path: string, rankings: Rankings, meta: Readonly<Record<string, string>> = {}): string {
  const { nUsers, depth, items, nItems } = rankings;
  if (Object.hasOwn(meta, 'catalogue')) throw new TypeError('the metadata entry "catalogue" is the number of items');
  return writeSafetensors(
    path,
    { items: { shape: [nUsers, depth], data: items } },
    { ...meta, catalogue: String(nItems) },
  );
}

/**
 * Reads rankings and checks all of them: each row holds item ids in `[0, catalogue)`, none twice, then only -1.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export function readRankings(path: string): RankingsFile {
  const file = readSafetensors(path);
  const items = tensorOf(path, file, 'items', Int32Array, [null, null]);
  const [nUsers, depth] = file.tensors.get('items')!.shape as [number, number];
  const { catalogue: text = '', ...meta } = Object.fromEntries(file.metadata);
  const nItems = Number(text);
  if (!/^\d{1,10}$/.test(text) || nItems > 2 ** 31) {
    fail('artifact-damaged', { path, problem: `its number of items is "${text}"` });
  }
  const rankings = { nUsers, depth, nItems, items };
  checkRows(path, rankings);
  delete meta.sha256;
  return { rankings, meta: new Map(Object.entries(meta)), checksum: file.checksum! };
}

function checkRows(path: string, { nUsers, depth, nItems, items }: Rankings): void {
  // Sorts a copy of a row, so memory does not depend on the number of items that the file claims.
  const row = new Int32Array(depth);
  for (let user = 0; user < nUsers; user++) {
    let length = 0;
    while (length < depth && items[user * depth + length] !== -1) length += 1;
    row.set(items.subarray(user * depth, (user + 1) * depth));
    const refuse = (problem: string): never =>
      fail('artifact-damaged', { path, problem: `the ranking of user ${user} ${problem}` });
    for (let k = length; k < depth; k++) if (row[k] !== -1) refuse(`continues with item ${row[k]} after its end`);
    const list = row.subarray(0, length).sort();
    const last = list[length - 1] ?? -1;
    if (length > 0 && (list[0]! < 0 || last >= nItems)) {
      refuse(`has item ${list[0]! < 0 ? list[0] : last}, but there are ${nItems} items`);
    }
    for (let k = 1; k < length; k++) if (list[k] === list[k - 1]) refuse(`has item ${list[k]} twice`);
  }
}
