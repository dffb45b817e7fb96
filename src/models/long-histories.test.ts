import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs, type Interactions, itemCounts, itemsOf, loadDataset, transpose } from '../data/index.js';
import { uniform } from '../math/random.js';
import { type NeighbourRule, neighboursOf } from './neighbours.js';

/** The weights of one item by way of all its pairs, sorted. */
function byAllPairs(train: Interactions, byItem: Interactions, own: number, rule: NeighbourRule): [number, number][] {
  const sums = new Map<number, number>();
  for (const u of itemsOf(byItem, own)) {
    const items = itemsOf(train, u);
    for (const other of items) if (other !== own) sums.set(other, (sums.get(other) ?? 0) + rule.share(items.length));
  }
  return [...sums]
    .map(([other, sum]): [number, number] => [other, rule.weight(sum, own, other)])
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, rule.keep)
    .sort(([a], [b]) => a - b);
}

const rulesOf = (counts: Int32Array, keep: number): Record<string, NeighbourRule> => ({
  cosine: {
    ...{ keep, side: 'from', share: () => 1 },
    weight: (sum, j, i) => sum / (Math.sqrt(counts[i]! * counts[j]!) + 10),
  },
  // All users with long histories add the same: what many meet with the same sum is decided by the ids.
  walks: { ...{ keep, side: 'from', share: () => 2 ** -11 }, weight: (sum, j) => sum / counts[j]! },
  held: {
    ...{ keep, side: 'from', share: () => 2 ** -11 },
    weight: (sum, j, i) => sum / counts[j]! / counts[i]! ** 0.4,
  },
});

async function agrees(train: Interactions, keep: number, items: readonly number[]): Promise<void> {
  const byItem = transpose(train);
  for (const [name, rule] of Object.entries(rulesOf(itemCounts(train), keep))) {
    const near = await neighboursOf(train, async () => {}, rule);
    for (const own of items) {
      const found = Array.from({ length: near.indptr[own + 1]! - near.indptr[own]! }, (_, e) => {
        const at = near.indptr[own]! + e;
        return [near.indices[at]!, near.weights[at]!] as const;
      }).sort(([a], [b]) => a - b);
      const expected = byAllPairs(train, byItem, own, rule).map(([other, w]) => [other, Math.fround(w)]);
      assert.deepEqual(found, expected, `${name}, item ${own}`);
    }
  }
}

const KEY = { k0: 5, k1: 7 };

test('users with thousands of items give the same weights as a count of all pairs', async () => {
  const nItems = 3000;
  const [users, ids]: [number[], number[]] = [[], []];
  const give = (user: number, item: number) => {
    users.push(user);
    ids.push(item);
  };
  // User 0 has everything, 1 to 3 have two thirds or more, and 4 to 120 a few, popular ones rather.
  for (let i = 0; i < nItems; i++) {
    give(0, i);
    for (const u of [1, 2, 3]) if (uniform(KEY, u, i) < 0.7 + 0.05 * u) give(u, i);
  }
  for (let u = 4; u <= 120; u++) for (let n = 0; n < 8; n++) give(u, Math.floor(nItems * uniform(KEY, u, n) ** 3));
  const some = Array.from({ length: 60 }, (_, n) => (n * 97) % nItems);
  await agrees(fromPairs(121, nItems, users, ids), 20, some);
  // One alone, where everything else meets nobody.
  const alone = users.flatMap((u, n) => (u === 0 || u > 3 ? [n] : []));
  const train = fromPairs(
    121,
    nItems,
    alone.map((n) => users[n]!),
    alone.map((n) => ids[n]!),
  );
  await agrees(train, 20, some);
  await agrees(train, 5000, some.slice(0, 5));
});

test('the result is the same without such users', async () => {
  const { train } = await loadDataset({ data: 'synthetic:150x120x4000' });
  await agrees(
    train,
    10,
    Array.from({ length: train.nItems }, (_, i) => i),
  );
});

test('the time is not that of all pairs of a user', async () => {
  // 2 x 10^10 pairs: minutes one by one. The steps say what the work is, which no clock has to.
  const nItems = 150_000;
  const train = fromPairs(2, nItems, [...new Array(nItems).fill(0), 1, 1], [...new Array(nItems).keys(), 3, 9]);
  let work = 0;
  const rule = rulesOf(itemCounts(train), 50).cosine!;
  const step = async (_: number, total: number) => {
    work = total;
  };
  await neighboursOf(train, step, rule);
  assert.ok(work > 0 && work < 1000 * nItems, `${work} adds and comparisons`);
});
