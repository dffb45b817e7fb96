/** Histories that are given to models: the copy with ascending items, and long histories for every model that answers for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import { createKernels, createReferenceKernels, freeRows, takeRows } from '../kernels/index.js';
import { takeAscending } from './given-histories.js';
import { makeModel, modelRegistry } from './index.js';

test('items are sorted with their weights, also in a part of larger rows', () => {
  const k = createReferenceKernels();
  const [indptr, indices] = [Int32Array.of(0, 2, 5, 5, 6), Int32Array.of(8, 9, 7, 0, 4, 3)];
  const given = takeRows(k, { columns: 10, indptr, indices }, [1, 2, 3, 4, 5, 6]);
  const before = k.bytesInUse;
  const part = { ...given, rows: 3, indptr: given.indptr.subarray(1) };
  const weighted = takeAscending(k, part, 10, 'weighted');
  assert.deepEqual([weighted.rows, [...weighted.indptr]], [3, [0, 3, 3, 4]]);
  assert.deepEqual(
    [[...weighted.indices], [...weighted.weights!]],
    [
      [0, 4, 7, 3],
      [4, 5, 3, 6],
    ],
  );
  freeRows(k, weighted);
  const bare = takeAscending(k, part, 10);
  assert.deepEqual([[...bare.indices], bare.weights], [[0, 4, 7, 3], undefined]);
  freeRows(k, bare);
  assert.equal(k.bytesInUse, before);
});

test('items twice in a history and items outside the catalogue are refused, and all memory is given back', () => {
  const k = createReferenceKernels();
  for (const [items, message] of [
    [[3, 1, 3], /^history 1 lists item 3 twice; expected each item at most once$/],
    [[3, 10], /^history 1 lists item 10; expected item indices from 0 to 9/],
    [[-1, 3], /^history 1 lists item -1; expected item indices from 0 to 9/],
  ] as const) {
    const indices = Int32Array.of(5, ...items);
    const given = takeRows(k, { columns: 10, indptr: Int32Array.of(0, 1, indices.length), indices }, indices);
    const before = k.bytesInUse;
    assert.throws(() => takeAscending(k, given, 10, 'weighted'), { name: 'RangeError', message });
    assert.equal(k.bytesInUse, before);
  }
});

test('every model that answers for histories scores 100,000 items and a catalogue of one item', async () => {
  const long = fromPairs(3, 100_000, [0, 0, 1, 1, 1, 2], [0, 99_999, 0, 5, 99_999, 7]);
  const one = fromPairs(2, 1, [0], [0]);
  const able = modelRegistry.all().filter((m) => m.capabilities.includes('histories'));
  assert.ok(able.length >= 7, able.map((m) => m.name).join());
  for (const spec of able) {
    for (const train of [long, one]) {
      const k = createKernels({ threads: 1, memoryLimit: 256e6 });
      const sizes = { dim: 4, hidden: 4, batchSize: 2 };
      const own = Object.fromEntries(Object.entries(sizes).filter(([name]) => name in spec.options.shape));
      const model = await makeModel(spec, { kernels: k, train, seed: 0 }, spec.options.parse(own));
      const { nItems } = train;
      const indices = Int32Array.from({ length: nItems }, (_, i) => nItems - 1 - i);
      const given = takeRows(k, { columns: nItems, indptr: Int32Array.of(0, nItems, nItems), indices });
      const out = k.floats(2 * nItems).fill(Number.NaN);
      model.histories!.score(given, out);
      assert.ok(out.every(Number.isFinite), `${spec.name} with ${nItems} items`);
      model.close();
      k.close();
    }
  }
});
