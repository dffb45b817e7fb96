/** Statistics of a data set. */
import { count, type Dataset, itemCounts, knownItems, union } from './interactions.js';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface DatasetStatistics {
  readonly name: string;
  readonly fingerprint: string;
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: {
    readonly all: number;
    readonly train: number;
    readonly valid: number;
    readonly test: number;
    /** In the histories of users who are held out whole. */
    readonly foldIn?: number;
  };
  /** Interactions / (users x items), in [0, 1]. */
  readonly density: number;
  /** Interactions of all parts per user and per item, over those with at least one. */
  readonly perUser: Spread;
  readonly perItem: Spread;
  /** Share of all interactions that belong to the most popular 1 %, 10 % and 50 % of the items, in [0, 1]. */
  readonly topItemsShare: { readonly top1: number; readonly top10: number; readonly top50: number };
  /** Users with valid or test interactions. */
  readonly evaluated: { readonly valid: number; readonly test: number };
  /** Catalogue items without train interactions, and users without any. */
  readonly cold: { readonly nItems: number; readonly nUsers: number };
  /** First and last time in Unix seconds, if the data has times. */
  readonly period?: { readonly from: number; readonly to: number };
}

export function inspect(dataset: Dataset): DatasetStatistics {
  const { train, valid, test, foldIn } = dataset;
  const all = union(union(knownItems(dataset), valid), test);
  const perUser = rowSizes(all.indptr);
  const perItem = itemCounts(all).sort();
  const period = periodOf(dataset);
  return {
    name: dataset.name,
    fingerprint: dataset.fingerprint,
    nUsers: train.nUsers,
    nItems: train.nItems,
    interactions: {
      ...{ all: count(all), train: count(train), valid: count(valid), test: count(test) },
      ...(foldIn ? { foldIn: count(foldIn) } : {}),
    },
    density: count(all) / (train.nUsers * train.nItems),
    perUser: spread(perUser.sort()),
    perItem: spread(perItem),
    topItemsShare: { top1: topShare(perItem, 0.01), top10: topShare(perItem, 0.1), top50: topShare(perItem, 0.5) },
    evaluated: { valid: nonZero(rowSizes(valid.indptr)), test: nonZero(rowSizes(test.indptr)) },
    cold: { nItems: train.nItems - nonZero(itemCounts(train)), nUsers: train.nUsers - nonZero(rowSizes(train.indptr)) },
    ...(period ? { period } : {}),
  };
}

const rowSizes = (indptr: Int32Array): Int32Array => indptr.slice(1).map((end, u) => end - indptr[u]!);

const nonZero = (counts: Int32Array): number => counts.reduce((sum, n) => sum + Number(n > 0), 0);

/** @param sorted counts in ascending order; zeros are ignored */
function spread(sorted: Int32Array): Spread {
  const used = sorted.subarray(sorted.length - nonZero(sorted));
  const middle = used.length >> 1;
  const median = used.length % 2 === 1 ? used[middle]! : ((used[middle - 1] ?? 0) + (used[middle] ?? 0)) / 2;
  return { min: used[0] ?? 0, median, max: used.at(-1) ?? 0 };
}

function topShare(sorted: Int32Array, share: number): number {
  const top = sorted.subarray(sorted.length - Math.ceil(share * sorted.length));
  const sum = (x: Int32Array) => x.reduce((a, b) => a + b, 0);
  return sum(top) / sum(sorted);
}

function periodOf({ train, valid, test, foldIn }: Dataset): { from: number; to: number } | undefined {
  const times = [train.times, valid.times, test.times, ...(foldIn ? [foldIn.times] : [])];
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const part of times) {
    if (!part) return undefined;
    for (const t of part) {
      from = Math.min(from, t);
      to = Math.max(to, t);
    }
  }
  return { from, to };
}
