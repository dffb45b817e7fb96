/** Ids of users and items: kept exactly as in the source, and numbered in an order that depends on the ids alone. */
import { fail } from '../errors.js';
import type { IdMap } from './interactions.js';

const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** Most entries of a Map in V8, which ids are looked up in. */
export const MOST_IDS = 2 ** 24;

/** Most rows of a part: its row starts are 32-bit numbers. */
export const MOST_ROWS = 2 ** 31 - 1;

/** @param what "users", "items" or "rows" @param name of the data. @throws RecdistillError `over-limit` */
export function refuseCount(name: string, what: 'users' | 'items' | 'rows', count: number): void {
  const most = what === 'rows' ? MOST_ROWS : MOST_IDS;
  if (count <= most) return;
  fail('over-limit', {
    path: name,
    problem: `it has ${count} ${what}; at most ${most} ${what} are supported`,
    hint: `Select rows with --where, for example a sample of the users, or divide the data.`,
  });
}

/** The id map of a list of distinct ids, in the given order. @throws RecdistillError `over-limit` */
export function idMap(ids: readonly string[], what: 'users' | 'items' = 'users'): IdMap {
  refuseCount('the data', what, ids.length);
  const index = new Map<string, number>();
  for (const [k, id] of ids.entries()) index.set(id, k);
  return { ids, index };
}

/**
 * Canonical order of distinct ids, so that equal data gets equal indices whatever the source format and row order:
 * numeric order if every id is a whole number without leading zeros (of any size), else order by code point.
 * @returns the positions in `ids`, in canonical order
 */
export function canonicalOrder(ids: readonly string[]): Int32Array {
  const compare = ids.every((id) => INTEGER.test(id)) ? compareIntegers : compareCodePoints;
  return Int32Array.from(ids, (_, k) => k).sort((a, b) => compare(ids[a]!, ids[b]!));
}

/** Compares digits instead of floating-point values, because ids may exceed 2^53. */
function compareIntegers(a: string, b: string): number {
  const negative = a.startsWith('-');
  if (negative !== b.startsWith('-')) return negative ? -1 : 1;
  const larger = a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
  return negative ? -larger : larger;
}

/** UTF-16 units sort surrogate pairs before U+E000. Moving surrogates up gives code point order, which is that of UTF-8. */
function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let k = 0; k < n; k++) {
    const x = a.charCodeAt(k);
    const y = b.charCodeAt(k);
    if (x !== y) return lift(x) - lift(y);
  }
  return a.length - b.length;
}

const lift = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);
