import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs, has, type Interactions } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
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
    const pairs = b.kind === 'pairs' ? { positives: part(b.positives), negatives: part(b.negatives) } : {};
    return { size: b.size, epoch: b.epoch, index: b.index, users: part(b.users), ...pairs };
  });

const pairsOf = (t: Interactions): string[] =>
  Array.from({ length: t.users }, (_, u) => u).flatMap((u) =>
    Array.from(t.indices.subarray(t.indptr[u]!, t.indptr[u + 1]!), (i) => `${u} ${i}`),
  );

test('batches of pairs: every interaction once, no negative that the user has', () => {
  fc.assert(
    fc.property(input, ({ train, size, seed, epoch }) => {
      const batches = createBatches(k, train, 'pairs', size, seed);
      const all = copied(batches, epoch);
      batches.close();
      assert.equal(all.length, batches.perEpoch);
      const seen: string[] = [];
      all.forEach((b, index) => {
        assert.deepEqual([b.epoch, b.index], [epoch, index]);
        assert.ok(b.size >= 1 && b.size <= size);
        b.users.forEach((u, at) => {
          seen.push(`${u} ${b.positives![at]}`);
          assert.ok(!has(train, u, b.negatives![at]!), `user ${u} has ${b.negatives![at]}`);
        });
      });
      assert.deepEqual(seen.sort(), pairsOf(train).sort());
    }),
  );
});

test('batches of rows: every user who has something once', () => {
  fc.assert(
    fc.property(input, ({ train, size, seed, epoch }) => {
      const batches = createBatches(k, train, 'rows', size, seed);
      const all = copied(batches, epoch);
      batches.close();
      assert.equal(all.length, batches.perEpoch);
      const users = all.flatMap((b) => b.users).sort((a, b) => a - b);
      assert.deepEqual(
        users,
        [...Array(train.users).keys()].filter((u) => train.indptr[u + 1]! > train.indptr[u]!),
      );
    }),
  );
});

test('an epoch has the same batches whether the epochs before it were drawn or not, and other ones than its neighbours', () => {
  const many = fromPairs(
    8,
    10,
    Array.from({ length: 60 }, (_, n) => n % 8),
    Array.from({ length: 60 }, (_, n) => n % 9),
  );
  for (const kind of ['pairs', 'rows'] as const) {
    const [straight, resumed] = [createBatches(k, many, kind, 7, 5), createBatches(k, many, kind, 7, 5)];
    const epochs = [1, 2, 3].map((epoch) => copied(straight, epoch));
    assert.deepEqual(copied(resumed, 3), epochs[2]);
    const order = (epoch: number) => epochs[epoch - 1]!.flatMap((b) => b.users);
    assert.notDeepEqual(order(1), order(2));
    const other = createBatches(k, many, kind, 7, 6);
    assert.notDeepEqual(copied(other, 1), epochs[0]);
    for (const b of [straight, resumed, other]) b.close();
  }
});

test('closing gives all memory back', () => {
  const before = k.bytesInUse;
  for (const kind of ['pairs', 'rows'] as const) {
    const batches = createBatches(k, fromPairs(3, 4, [0, 1], [2, 3]), kind, 2, 0);
    copied(batches, 1);
    batches.close();
  }
  assert.equal(k.bytesInUse, before);
});
