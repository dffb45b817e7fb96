/** Content hashes of data sets and rankings. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { type Rankings, rowsOf } from './rankings.js';
import type { Parts } from './splits/_split.js';

/**
 * SHA-256 (hex) of the user and item ids in order, of the parts as rows of item indices, and of the train weights
 * if there are any. Times, names, notes, weights of other parts, the source format and the byte order do not matter.
 */
export function fingerprintOf(users: readonly string[], items: readonly string[], parts: Parts): string {
  const hash = createHash('sha256').update('recdistill data 1\n');
  for (const ids of [users, items]) {
    hash.update(`${ids.length}\n`);
    // The length prefix keeps ids with line ends unambiguous.
    for (const id of ids) hash.update(`${Buffer.byteLength(id)}:${id}\n`);
  }
  for (const part of [parts.train, parts.valid, parts.test]) {
    for (const numbers of [part.indptr, part.indices]) hash.update(`${numbers.length}\n`).update(littleEndian(numbers));
  }
  const { foldIn } = parts;
  if (foldIn) {
    hash.update('fold-in\n');
    for (const numbers of [foldIn.indptr, foldIn.indices])
      hash.update(`${numbers.length}\n`).update(littleEndian(numbers));
  }
  const { weights } = parts.train;
  if (weights) hash.update(`weights ${weights.length}\n`).update(littleEndian(weights));
  return hash.digest('hex');
}

/** Users whose lists are hashed at a time. */
const USERS_AT_ONCE = 4096;

/** SHA-256 (hex) of the content and sizes of several rankings, in order. */
export function digestOf(rankings: readonly Rankings[]): string {
  const hash = createHash('sha256').update('recdistill rankings 1\n');
  for (const lists of rankings) {
    const { nUsers, nItems, depth } = lists;
    hash.update(`${nUsers} ${nItems} ${depth}\n`);
    for (let from = 0; from < nUsers; from += USERS_AT_ONCE)
      hash.update(littleEndian(rowsOf(lists, from, Math.min(nUsers, from + USERS_AT_ONCE))));
  }
  return hash.digest('hex');
}

function littleEndian(numbers: Int32Array | Float32Array): Buffer {
  if (endianness() === 'LE') return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return Buffer.from(new Uint8Array(numbers.slice().buffer)).swap32();
}
