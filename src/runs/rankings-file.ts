/** Rankings in a file: one safetensors tensor of int32 item ids, 4 bytes per entry. Large ones stay in their file and are read by users. */
import { endianness } from 'node:os';
import { type Rankings, rowsOf } from '../data/rankings.js';
import { fail } from '../errors.js';
import { type OpenedFile, openFile } from '../formats/read.js';
import {
  readSafetensors,
  tensorOf,
  verifyingSafetensors,
  writingLargeSafetensors,
  writingSafetensors,
} from '../formats/safetensors.js';
import { runSync, within } from '../progress.js';
import { rankingsWithin } from './rankings-within.js';

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
export const writeRankings = (path: string, rankings: Rankings, meta: Readonly<Record<string, string>> = {}): string =>
  runSync(writingRankings(path, rankings, meta));

/** The same in parts. */
export function* writingRankings(
  path: string,
  rankings: Rankings,
  meta: Readonly<Record<string, string>> = {},
): Generator<number, string> {
  const { nUsers, depth, nItems } = rankings;
  if (Object.hasOwn(meta, 'catalogue')) throw new TypeError('the metadata entry "catalogue" is the number of items');
  const [shape, about] = [[nUsers, depth], { ...meta, catalogue: String(nItems) }];
  if (!rankings.rows) return yield* writingSafetensors(path, { items: { shape, data: rankings.items } }, about);
  function* parts(): Generator<Int32Array> {
    for (const [from, to] of blocks(nUsers)) yield rowsOf(rankings, from, to);
  }
  return yield* writingLargeSafetensors(path, 'items', { shape, parts }, about);
}

/** Users whose lists are read at a time. */
const USERS_AT_ONCE = 4096;

function* blocks(nUsers: number): Generator<readonly [number, number]> {
  for (let from = 0; from < nUsers; from += USERS_AT_ONCE) yield [from, Math.min(nUsers, from + USERS_AT_ONCE)];
}

/** Files above this size in bytes stay on disk: 20,000 users with lists of 100 are below. */
export const LARGE_RANKINGS = 8e6;

/**
 * Reads rankings and checks all of them: each row holds item ids in `[0, catalogue)`, none twice, then only -1.
 * @param large size in bytes above which a file is checked, but stays on disk: its lists are read when they are asked for. It stays open until
 *   nobody refers to the rankings
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export const readRankings = (path: string, large?: number): RankingsFile => runSync(readingRankings(path, large));

/** The same in parts. */
export function* readingRankings(path: string, large = LARGE_RANKINGS): Generator<number, RankingsFile> {
  const opened = openFile(path);
  // Files are little-endian. On other machines they are converted as a whole.
  const stays = opened.file.bytes > large && endianness() === 'LE';
  let kept = false;
  try {
    const read = stays ? yield* within(withinFile(opened), 0, VERIFIED) : wholeFile(path);
    yield* within(checkingRows(path, read.rankings), VERIFIED, 1);
    kept = stays;
    return read;
  } finally {
    if (!kept) opened.close();
  }
}

function wholeFile(path: string): RankingsFile {
  const file = readSafetensors(path);
  const items = tensorOf(path, file, 'items', Int32Array, [null, null]);
  const [nUsers, depth] = file.tensors.get('items')!.shape as [number, number];
  const { nItems, meta } = readMeta(path, file.metadata);
  return { rankings: { nUsers, depth, nItems, items }, meta, checksum: file.checksum! };
}

/** Share of the time of reading a file that its checksum takes. */
const VERIFIED = 0.3;

function* withinFile(opened: OpenedFile): Generator<number, RankingsFile> {
  const { file } = opened;
  const { path } = file;
  const { metadata, checksum, tensors } = yield* verifyingSafetensors(file);
  const tensor = tensors.get('items');
  if (tensor?.dtype !== 'I32' || tensor.shape.length !== 2)
    fail('artifact-damaged', { path, problem: 'it has no tensor "items" of int32 with two dimensions' });
  const [nUsers, depth] = tensor.shape as [number, number];
  const { nItems, meta } = readMeta(path, metadata);
  return { rankings: rankingsWithin(opened, tensor.position, { nUsers, depth, nItems }), meta, checksum };
}

function readMeta(path: string, metadata: ReadonlyMap<string, string>) {
  const { catalogue: text = '', ...meta } = Object.fromEntries(metadata);
  const nItems = Number(text);
  if (!/^\d{1,10}$/.test(text) || nItems > 2 ** 31) {
    fail('artifact-damaged', { path, problem: `its number of items is "${text}"` });
  }
  delete meta.sha256;
  return { nItems, meta: new Map(Object.entries(meta)) };
}

function* checkingRows(path: string, rankings: Rankings): Generator<number, void> {
  const { nUsers, depth, nItems } = rankings;
  const isRight = createRowCheck(depth, nItems);
  for (let user = 0; user < nUsers; user++) {
    if (user % USERS_AT_ONCE === 0) yield user / nUsers;
    const row = rowsOf(rankings, user, user + 1);
    if (isRight(row)) continue;
    fail('artifact-damaged', { path, problem: `the ranking of user ${user} ${problemOf(row, nItems)}` });
  }
}

/**
 * A function that tells whether a row is right. Items of a row are kept in a hash table, so that memory depends on the depth alone and not on the number
 * of items that the file claims.
 */
function createRowCheck(depth: number, nItems: number): (row: Int32Array) => boolean {
  const bits = 2 + Math.ceil(Math.log2(Math.max(2, depth)));
  const mask = 2 ** bits - 1;
  const items = new Int32Array(mask + 1);
  /** Row of each entry, counted from 1. */
  const rows = new Uint32Array(mask + 1);
  let current = 0;
  return (row) => {
    current += 1;
    let k = 0;
    for (; k < depth && row[k] !== -1; k++) {
      const item = row[k]!;
      if (item < 0 || item >= nItems) return false;
      // Fibonacci hashing.
      let at = Math.imul(item, 0x9e3779b1) >>> (32 - bits);
      for (; rows[at] === current; at = (at + 1) & mask) if (items[at] === item) return false;
      rows[at] = current;
      items[at] = item;
    }
    for (; k < depth; k++) if (row[k] !== -1) return false;
    return true;
  };
}

/** What is wrong with a row. */
function problemOf(row: Int32Array, nItems: number): string {
  const end = row.indexOf(-1);
  const length = end === -1 ? row.length : end;
  const after = row.subarray(length).find((item) => item !== -1);
  if (after !== undefined) return `continues with item ${after} after its end`;
  const list = row.slice(0, length).sort();
  const outside = list[0]! < 0 ? list[0]! : list[length - 1]!;
  if (outside < 0 || outside >= nItems) return `has item ${outside}, but there are ${nItems} items`;
  return `has item ${list.find((item, k) => item === list[k - 1])} twice`;
}
