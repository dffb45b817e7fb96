import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs, has, type Interactions } from '../data/interactions.js';
import { createReferenceKernels, freeRows, takeRows } from '../kernels/index.js';
import { stream } from '../math/random.js';
import { samplerOf, samplers } from '../samplers/index.js';
import { type Batches, createBatches } from './batches.js';

const k = createReferenceKernels('f64');

/** At least one interaction; no user has every item. */
const train = fc.array(fc.tuple(fc.nat(7), fc.nat(8)), { minLength: 1, maxLength: 40 }).map((pairs) =>
  fromPairs(
    8,
    10,
    pairs.map(([u]) => u),
    pairs.map(([, i]) => i),
  ),
);
const input = fc.record({
  train,
  size: fc.integer({ min: 1, max: 50 }),
  seed: fc.nat(1000),
  epoch: fc.integer({ min: 1, max: 50 }),
});

/** Batches reuse their arrays, so each is copied as it comes. */
const copied = (batches: Batches, epoch: number) =>
  Array.from(batches.epoch(epoch), (b) => {
    const part = (a: Int32Array) => [...a.subarray(0, b.size)];
    const pairs = b.kind === 'pairs' ? { positives: part(b.positives), negatives: [...b.negatives] } : {};
    const ids = part(b.kind === 'items' ? b.items : b.users);
    return { size: b.size, epoch: b.epoch, index: b.index, ids, ...pairs };
  });

const pairsOf = (t: Interactions): string[] =>
  Array.from({ length: t.nUsers }, (_, u) => u).flatMap((u) =>
    Array.from(t.indices.subarray(t.indptr[u]!, t.indptr[u + 1]!), (i) => `${u} ${i}`),
  );

test('batches of pairs: every interaction once, no negative that the user has', () => {
  fc.assert(
    fc.property(input, ({ train, size, seed, epoch }) => {
      const batches = createBatches(k, train, 'pairs', { batchSize: size, seed });
      const all = copied(batches, epoch);
      batches.close();
      assert.equal(all.length, batches.perEpoch);
      const seen: string[] = [];
      all.forEach((b, index) => {
        assert.deepEqual([b.epoch, b.index], [epoch, index]);
        assert.ok(b.size >= 1 && b.size <= size);
        b.ids.forEach((u, at) => {
          seen.push(`${u} ${b.positives![at]}`);
          assert.ok(!has(train, u, b.negatives![at]!), `user ${u} has ${b.negatives![at]}`);
        });
      });
      assert.deepEqual(seen.sort(), pairsOf(train).sort());
    }),
  );
});

test('positives are sampled in proportion to weights, again in each epoch; equal weights have no effect', () => {
  const users = [...Array(60).keys()].map((n) => n % 8);
  const many = fromPairs(
    8,
    10,
    users,
    [...Array(60).keys()].map((n) => n % 9),
  );
  const weights = Float32Array.from(many.indices, (_, at) => 1 + (at % 5) ** 2);
  const total = weights.reduce((a, b) => a + b, 0);
  const of = (x: Interactions) => createBatches(k, x, 'pairs', { batchSize: 7, seed: 5 });
  const [plain, ones, drawn] = [many, { ...many, weights: weights.map(() => 3) }, { ...many, weights }].map(of);
  assert.deepEqual(copied(ones!, 2), copied(plain!, 2));
  const seen = new Map<string, number>();
  const epochs = 200;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const batches = copied(drawn!, epoch);
    assert.equal(
      batches.reduce((sum, b) => sum + b.size, 0),
      many.indices.length,
    );
    for (const b of batches) {
      b.ids.forEach((u, at) => {
        assert.ok(!has(many, u, b.negatives![at]!));
        const pair = `${u} ${b.positives![at]}`;
        seen.set(pair, (seen.get(pair) ?? 0) + 1);
      });
    }
  }
  pairsOf(many).forEach((pair, at) => {
    const wanted = (many.indices.length * weights[at]!) / total;
    assert.ok(
      Math.abs(seen.get(pair)! / epochs - wanted) < 0.15,
      `${pair}: ${seen.get(pair)! / epochs}, not ${wanted}`,
    );
  });
  assert.notDeepEqual(copied(drawn!, 1), copied(drawn!, 2));
  for (const batches of [plain!, ones!, drawn!]) batches.close();
});

test('batches of rows: every user with items once', () => {
  fc.assert(
    fc.property(input, ({ train, size, seed, epoch }) => {
      const batches = createBatches(k, train, 'rows', { batchSize: size, seed });
      const all = copied(batches, epoch);
      batches.close();
      assert.equal(all.length, batches.perEpoch);
      const users = all.flatMap((b) => b.ids).sort((a, b) => a - b);
      assert.deepEqual(
        users,
        [...Array(train.nUsers).keys()].filter((u) => train.indptr[u + 1]! > train.indptr[u]!),
      );
    }),
  );
});

test('batches of items: every item that somebody has once', () => {
  fc.assert(
    fc.property(input, ({ train, size, seed, epoch }) => {
      const batches = createBatches(k, train, 'items', { batchSize: size, seed });
      const items = copied(batches, epoch).flatMap((b) => b.ids);
      batches.close();
      assert.deepEqual(
        items.sort((a, b) => a - b),
        [...new Set(train.indices)].sort((a, b) => a - b),
      );
    }),
  );
});

test('the negatives of an interaction are adjacent, and the user has none of them', () => {
  fc.assert(
    fc.property(input, fc.integer({ min: 2, max: 5 }), ({ train, size, seed, epoch }, negatives) => {
      for (const sampler of Object.values(samplers)) {
        const batches = createBatches(k, train, 'pairs', { batchSize: size, seed, negatives, sampler: sampler.name });
        for (const b of batches.epoch(epoch)) {
          assert.ok(b.kind === 'pairs' && b.perPositive === negatives);
          for (let n = 0; n < b.size * negatives; n++) {
            assert.ok(!has(train, b.users[Math.floor(n / negatives)]!, b.negatives[n]!));
          }
        }
        batches.close();
      }
    }),
  );
});

test('items that are to be avoided are spared by every sampler, though they are not in train', () => {
  // User u has item u, and user 8 item 9; users 0 to 7 are to be spared all items but that.
  const own = fromPairs(9, 10, [...Array(9).keys()], [...Array(8).keys(), 9]);
  const pairs = [...Array(72).keys()];
  const avoided = fromPairs(
    9,
    10,
    pairs.map((n) => n % 8),
    pairs.map((n) => n >> 3),
  );
  for (const { name: sampler } of Object.values(samplers)) {
    const batches = createBatches(k, { ...own, avoided }, 'pairs', { batchSize: 50, seed: 1, negatives: 5, sampler });
    for (const b of batches.epoch(1)) {
      assert.ok(b.kind === 'pairs');
      for (let n = 0; n < b.size * 5; n++) if (b.users[Math.floor(n / 5)]! < 8) assert.equal(b.negatives[n], 9);
    }
    batches.close();
  }
});

test('the popularity sampler samples items in proportion to their occurrences, and no item without interactions', () => {
  // Item 0 has 60 interactions, item 1 has 20; user 99 has item 3 only, and items 2 and 4 nobody has.
  const users = [...Array(60).keys(), ...Array(20).keys(), 99];
  const items = [...Array(60).fill(0), ...Array(20).fill(1), ...Array(1).fill(3)];
  const many = fromPairs(100, 5, users, items);
  const rows = takeRows(k, { columns: 5, indptr: many.indptr, indices: many.indices });
  const sampler = samplerOf('popularity').create(k, many, rows, rows);
  const [drawn, of] = [k.ints(4000), k.ints(4000).fill(99)];
  sampler.draw(drawn, of, stream(1, 'test'), 1, 0);
  const share = (item: number) => drawn.filter((i) => i === item).length / drawn.length;
  assert.ok(Math.abs(share(0) - 0.75) < 0.03 && Math.abs(share(1) - 0.25) < 0.03, `${share(0)} and ${share(1)}`);
  sampler.close();
  freeRows(k, rows);
  k.free(drawn, of);
});

test('the batches of an epoch do not depend on whether earlier epochs were sampled, and differ between epochs', () => {
  const many = fromPairs(
    8,
    10,
    Array.from({ length: 60 }, (_, n) => n % 8),
    Array.from({ length: 60 }, (_, n) => n % 9),
  );
  for (const kind of ['pairs', 'rows', 'items'] as const) {
    const of = (seed: number) => createBatches(k, many, kind, { batchSize: 7, seed });
    const [straight, resumed] = [of(5), of(5)];
    const epochs = [1, 2, 3].map((epoch) => copied(straight, epoch));
    assert.deepEqual(copied(resumed, 3), epochs[2]);
    const order = (epoch: number) => epochs[epoch - 1]!.flatMap((b) => b.ids);
    assert.notDeepEqual(order(1), order(2));
    const other = of(6);
    assert.notDeepEqual(copied(other, 1), epochs[0]);
    for (const b of [straight, resumed, other]) b.close();
  }
});

test('closing gives all memory back', () => {
  const before = k.bytesInUse;
  for (const kind of ['pairs', 'rows', 'items'] as const) {
    const batches = createBatches(k, fromPairs(3, 4, [0, 1], [2, 3]), kind, { batchSize: 2, seed: 0 });
    copied(batches, 1);
    batches.close();
  }
  assert.equal(k.bytesInUse, before);
});
