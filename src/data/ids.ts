/** Ids of users and items: kept exactly as in the source, and numbered in an order that depends on the ids alone. */
import { fail } from '../errors.js';
import { runSync, within } from '../progress.js';
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
export const canonicalOrder = (ids: readonly string[]): Int32Array => runSync(orderingIds(ids));

/** Ids that are sorted at once. */
const SORTED = 2 ** 15;

/** The same in parts: pieces are sorted, and then merged two by two. */
export function* orderingIds(ids: readonly string[]): Generator<number, Int32Array> {
  const compare = ids.every((id) => INTEGER.test(id)) ? compareIntegers : compareCodePoints;
  const n = ids.length;
  let order = new Int32Array(n);
  for (let k = 0; k < n; k++) order[k] = k;
  for (let from = 0; from < n; from += SORTED) {
    order.subarray(from, Math.min(n, from + SORTED)).sort((a, b) => compare(ids[a]!, ids[b]!));
    yield (0.5 * from) / n;
  }
  let other = new Int32Array(n);
  const rounds = Math.ceil(Math.log2(Math.max(1, n / SORTED)));
  for (let round = 0, width = SORTED; width < n; round++, width *= 2) {
    const share = (at: number) => 0.5 + 0.5 * ((round + at) / rounds);
    yield* within(mergingPairs(ids, compare, { from: order, to: other, width }), share(0), share(1));
    [order, other] = [other, order];
  }
  return order;
}

/** Merges sorted pieces of `width` numbers two by two. */
function* mergingPairs(
  ids: readonly string[],
  compare: (a: string, b: string) => number,
  { from, to, width }: { readonly from: Int32Array; readonly to: Int32Array; readonly width: number },
): Generator<number, void> {
  const n = from.length;
  for (let begin = 0; begin < n; begin += 2 * width) {
    const [middle, end] = [Math.min(n, begin + width), Math.min(n, begin + 2 * width)];
    for (let at = begin, a = begin, b = middle; at < end; at++) {
      const first = b === end || (a < middle && compare(ids[from[a]!]!, ids[from[b]!]!) <= 0);
      to[at] = from[first ? a++ : b++]!;
      if (at % SORTED === 0) yield at / n;
    }
  }
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
