/** Ids of users and items: kept exactly as in the source, and numbered in an order that depends on the ids alone. */
import type { IdMap } from './interactions.js';

const INTEGER = /^(?:0|-?[1-9]\d*)$/;

/** The id map of a list of distinct ids, in the given order. */
export const idMap = (ids: readonly string[]): IdMap => ({ ids, index: new Map(ids.map((id, k) => [id, k])) });

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
