/**
 * Generates synthetic data: items in latent themes and niches, users with tastes, heavy-tailed popularity and activity.
 * Every random number depends only on the seed and on counters, so a size and a seed always give the same data.
 */

import { fail } from '../errors.js';
import { type RandomKey, shuffle, stream, threefry2x32, uniform } from '../math/random.js';
import { type DataMemory, dataMemory, readingParts, refuseBeyond } from '../memory/index.js';
import { runSync } from '../progress.js';
import { MOST_IDS } from './ids.js';
import type { MergedRows, SourceOf } from './pairs.js';
import { itemName, NICHES, THEMES } from './synthetic-names.js';

export interface SyntheticSpec {
  readonly nUsers: number;
  readonly nItems: number;
  /** Exact number of interactions, at most a quarter of `nUsers * nItems`. */
  readonly interactions: number;
  readonly seed: number;
}

export const SYNTHETIC_DEFAULT: SyntheticSpec = { nUsers: 2000, nItems: 3000, interactions: 60_000, seed: 0 };

export interface SyntheticSource extends SourceOf<MergedRows> {
  /** A readable name of each item. */
  readonly labels: readonly string[];
}

/** Exponent of item popularity by rank (Zipf) and standard deviation of log activity. Real data sets have similar values. */
const POPULARITY_EXPONENT = 0.9;
const ACTIVITY_SIGMA = 0.9;
/** Shares of a user's interactions: a favourite niche, any niche of the user's theme, any item. */
const NICHE_SHARE = 0.65;
const THEME_SHARE = 0.2;
const FAVOURITE_NICHES = 3;
const START = Date.UTC(2023, 0, 1) / 1000;
const SPAN = 365 * 24 * 3600;

/** Parses `synthetic` or `synthetic:USERSxITEMSxINTERACTIONS[:SEED]`. Undefined for any other text. */
export function parseSynthetic(data: string): SyntheticSpec | undefined {
  if (data === 'synthetic') return SYNTHETIC_DEFAULT;
  if (!data.startsWith('synthetic:')) return undefined;
  const match = /^synthetic:(\d+)x(\d+)x(\d+)(?::(\d+))?$/.exec(data);
  if (!match) {
    const help = 'For example synthetic:2000x3000x60000, or with seed 7, synthetic:2000x3000x60000:7.';
    fail('bad-option', {
      option: 'data',
      owner: 'data',
      given: data,
      expected: 'synthetic:USERSxITEMSxINTERACTIONS',
      help,
    });
  }
  const [nUsers, nItems, interactions, seed] = match.slice(1).map((part) => Number(part ?? 0));
  return { nUsers: nUsers!, nItems: nItems!, interactions: interactions!, seed: seed! };
}

/** Memory that synthetic data takes, while it is made and afterwards. */
export const syntheticMemory = ({ nUsers, nItems, interactions }: SyntheticSpec): DataMemory =>
  dataMemory({ users: nUsers, items: nItems, rows: interactions, values: 1 }, 'synthetic');

/** @throws RecdistillError `bad-option` if data of this size cannot be generated, `out-of-memory` if it does not fit */
export const synthesize = (spec: SyntheticSpec): SyntheticSource => runSync(synthesizing(spec));

/** The same in parts. */
export function* synthesizing(spec: SyntheticSpec): Generator<number, SyntheticSource> {
  checkSize(spec);
  const { nUsers, nItems, interactions } = spec;
  refuseBeyond(
    readingParts(syntheticMemory(spec)),
    `synthetic:${nUsers}x${nItems}x${interactions}`,
    'Nothing was made. Choose a smaller size.',
  );
  const catalogue = makeItems(spec);
  const activity = makeActivity(spec);
  const indptr = new Int32Array(nUsers + 1);
  const indices = new Int32Array(interactions);
  const times = new Float64Array(interactions);
  const itemRows = new Int32Array(nItems);
  const timeKey = stream(spec.seed, 'synthetic time');
  const draw = createItemSampler(spec, catalogue);
  for (let u = 0; u < nUsers; u++) {
    if (u % USERS_AT_ONCE === 0) yield u / nUsers;
    const first = indptr[u]!;
    const end = draw(u, activity[u]!, indices, first);
    indptr[u + 1] = end;
    // A user is active for a part of the year, so that a split by time has new and departed users.
    const begin = uniform(timeKey, u, 0) * 0.7;
    for (let k = first; k < end; k++) {
      itemRows[indices[k]!]! += 1;
      times[k] = Math.floor(START + SPAN * (begin + 0.3 * uniform(timeKey, u, k - first + 1)));
    }
    sortTogether(indices.subarray(first, end), times.subarray(first, end));
  }
  const rows = { rows: interactions, kept: interactions, userRows: activity, itemRows };
  return {
    users: numbered('u', nUsers),
    items: numbered('i', nItems),
    parts: [{ interactions: { nUsers, nItems, indptr, indices, times }, ...rows }],
    labels: Array.from(catalogue.niche, (niche, i) => itemName(niche, i + 1)),
  };
}

/** Users whose interactions are made at a time. */
const USERS_AT_ONCE = 1024;

/** Sorts different items, and their times with them. */
function sortTogether(items: Int32Array, times: Float64Array): void {
  const before = times.slice();
  // An item is below 2^24 and so is a position, so that both together are a whole number that a float64 holds.
  const keys = Float64Array.from(items, (item, at) => item * MOST_IDS + at).sort();
  keys.forEach((key, at) => {
    items[at] = Math.floor(key / MOST_IDS);
    times[at] = before[key % MOST_IDS]!;
  });
}

function checkSize({ nUsers, nItems, interactions, seed }: SyntheticSpec): void {
  const refuse = (given: string, expected: string) =>
    fail('bad-option', { option: 'data', owner: 'synthetic data', given, expected });
  if (nUsers < 2 || nItems < 8) refuse(`${nUsers} users and ${nItems} items`, 'at least 2 users and 8 items');
  if (nUsers > MOST_IDS || nItems > MOST_IDS) refuse(`${nUsers} users and ${nItems} items`, 'at most 2^24 of each');
  if (interactions < nUsers || interactions > (nUsers * nItems) / 4 || interactions > 2 ** 30) {
    refuse(`${interactions} interactions`, 'at least one per user, and at most a quarter of users x items');
  }
  if (!Number.isSafeInteger(seed)) refuse(`seed ${seed}`, 'a whole number');
}

/** Ids with leading zeros, so that text order equals numeric order. */
function numbered(prefix: string, n: number): string[] {
  const digits = String(n).length;
  return Array.from({ length: n }, (_, k) => prefix + String(k + 1).padStart(digits, '0'));
}

interface Catalogue {
  /** Niche of each item, in [0, THEMES x NICHES). */
  readonly niche: Int32Array;
  /** Items sorted by niche, and the start of each niche. */
  readonly byNiche: Int32Array;
  readonly starts: Int32Array;
  /** Cumulative popularity along `byNiche`, starting with 0. */
  readonly cumulative: Float64Array;
}

function makeItems({ nItems, seed }: SyntheticSpec): Catalogue {
  const key = stream(seed, 'synthetic items');
  const niches = THEMES * NICHES;
  const rank = Int32Array.from({ length: nItems }, (_, i) => i);
  shuffle(rank, key, 0);
  const niche = Int32Array.from({ length: nItems }, (_, i) => Math.floor(uniform(key, 1, i) * niches));
  const starts = new Int32Array(niches + 1);
  for (const n of niche) starts[n + 1]! += 1;
  for (let n = 0; n < niches; n++) starts[n + 1]! += starts[n]!;
  const cursor = starts.slice();
  const byNiche = new Int32Array(nItems);
  niche.forEach((n, i) => {
    byNiche[cursor[n]!++] = i;
  });
  const cumulative = new Float64Array(nItems + 1);
  // The offset keeps the first few items from dominating.
  byNiche.forEach((i, k) => {
    cumulative[k + 1] = cumulative[k]! + (rank[i]! + 10) ** -POPULARITY_EXPONENT;
  });
  return { niche, byNiche, starts, cumulative };
}

/** Number of interactions of each user: log-normal, at least one, at most a third of the items, with the exact total. */
function makeActivity({ nUsers, nItems, interactions, seed }: SyntheticSpec): Int32Array {
  const key = stream(seed, 'synthetic activity');
  const most = Math.max(1, Math.floor(nItems / 3));
  const weights = Float64Array.from({ length: nUsers }, (_, u) => Math.exp(ACTIVITY_SIGMA * gaussian(key, u)));
  const scale = interactions / weights.reduce((a, b) => a + b, 0);
  const activity = Int32Array.from(weights, (w) => Math.min(most, Math.max(1, Math.round(w * scale))));
  let missing = interactions - activity.reduce((a, b) => a + b, 0);
  for (let u = 0; missing !== 0; u = (u + 1) % nUsers) {
    const step = Math.sign(missing);
    const next = activity[u]! + step;
    if (next < 1 || next > most) continue;
    activity[u] = next;
    missing -= step;
  }
  return activity;
}

/** A standard normal random number (Box and Muller). */
const gaussian = (key: RandomKey, k: number): number =>
  Math.sqrt(-2 * Math.log(1 - uniform(key, k, 0))) * Math.cos(2 * Math.PI * uniform(key, k, 1));

/** Samples `n` distinct items for a user into `out` from position `at`. Returns the next position. */
type ItemSampler = (user: number, n: number, out: Int32Array, at: number) => number;

function createItemSampler({ nItems, seed }: SyntheticSpec, { byNiche, starts, cumulative }: Catalogue): ItemSampler {
  const taste = stream(seed, 'synthetic taste');
  const key = stream(seed, 'synthetic draw');
  const owner = new Int32Array(nItems).fill(-1);
  const words = new Uint32Array(2);
  const loved = new Int32Array(FAVOURITE_NICHES);
  return (user, n, out, at) => {
    const theme = Math.floor(uniform(taste, user, 0) * THEMES);
    // Most favourite niches belong to the user's theme, so that tastes overlap between users of one theme.
    for (let k = 0; k < FAVOURITE_NICHES; k++) {
      const within =
        k < FAVOURITE_NICHES - 1 ? theme * NICHES : Math.floor(uniform(taste, user, 8 + k) * THEMES) * NICHES;
      loved[k] = within + Math.floor(uniform(taste, user, 1 + k) * NICHES);
    }
    const end = at + n;
    const attempts = 20 * n;
    for (let attempt = 0; at < end && attempt < attempts; attempt++) {
      threefry2x32(key.k0, key.k1, user, attempt, words);
      const where = words[0]! / 2 ** 32;
      let [from, to] = [0, nItems];
      if (where < NICHE_SHARE) {
        const niche = loved[Math.floor((where / NICHE_SHARE) * FAVOURITE_NICHES)]!;
        [from, to] = [starts[niche]!, starts[niche + 1]!];
      } else if (where < NICHE_SHARE + THEME_SHARE) {
        [from, to] = [starts[theme * NICHES]!, starts[(theme + 1) * NICHES]!];
      }
      if (from === to) continue;
      const item = byNiche[search(cumulative, from, to, words[1]! / 2 ** 32)]!;
      if (owner[item] === user) continue;
      owner[item] = user;
      out[at++] = item;
    }
    // If the user's preferred items are exhausted, the rest is taken in catalogue order.
    for (let k = 0; at < end; k++) {
      const item = byNiche[(k + user) % nItems]!;
      if (owner[item] === user) continue;
      owner[item] = user;
      out[at++] = item;
    }
    return at;
  };
}

/** The position in [from, to) at the share `u` of their total popularity, by binary search. */
function search(cumulative: Float64Array, from: number, to: number, u: number): number {
  const target = cumulative[from]! + u * (cumulative[to]! - cumulative[from]!);
  let [lo, hi] = [from, to - 1];
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (cumulative[mid + 1]! <= target) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
