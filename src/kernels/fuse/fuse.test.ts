import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs } from '../../data/interactions.js';
import { createFusion } from '../../distill/ensemble/index.js';
import { agree, numbers, put, putInts, wholes } from '../_agree.test.js';
import { createKernels } from '../create.js';
import { freeRows, takeRows } from '../rows.js';

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 1, max: 200 }),
  width: fc.integer({ min: 1, max: 40 }),
  nItems: fc.integer({ min: 1, max: 90 }),
  depth: fc.integer({ min: 1, max: 30 }),
  masked: fc.boolean(),
});

test('fuse agrees on any shape: repeated items, ties, rows without items, weights of 0, masks', () => {
  fc.assert(
    fc.property(shapes, ({ seed, rows, width, nItems, depth, masked }) => {
      agree((k) => {
        const first = 2;
        const entries = {
          ...{ rows, width },
          items: putInts(
            k,
            wholes(seed, rows * width, nItems + 1).map((i) => i - 1),
          ),
          // Quarters make ties, and zeros.
          weights: put(
            k,
            wholes(seed + 1, rows * width, 5).map((w) => w / 4),
          ),
        };
        const nUsers = rows + first;
        const train = fromPairs(nUsers, nItems, wholes(seed + 2, nUsers, nUsers), wholes(seed + 3, nUsers, nItems));
        const mask = takeRows(k, { columns: nItems, ...train });
        const out = k.ints(rows * depth + 1).fill(7);
        k.fuse(entries, nItems, masked ? mask : undefined, first, depth, out);
        const copy = out.slice();
        freeRows(k, mask);
        k.free(entries.items, entries.weights, out);
        return { out: copy };
      });
    }),
    { numRuns: 100 },
  );
});

test('fuse by hand, and as the ensemble does it', () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 24 });
  const entries = {
    ...{ rows: 2, width: 4 },
    items: putInts(k, [3, 1, 3, 0, 2, -1, 2, 2]),
    weights: put(k, [0.5, 1, 0.5, 0, 1, 9, 1, 0]),
  };
  const out = k.ints(6);
  k.fuse(entries, 4, undefined, 0, 3, out);
  assert.deepEqual([...out], [1, 3, -1, 2, -1, -1]);

  const nItems = 50;
  const lists = [1, 2, 3].map((seed) => {
    const order = Array.from(numbers(seed, nItems), (x, i) => ({ x, i })).sort((a, b) => a.x - b.x);
    return { list: Int32Array.from(order.slice(0, 20), ({ i }) => i) };
  });
  const fusion = createFusion(nItems, { importance: 'rank', temperature: 10, cutoff: 100 });
  const listed = lists.flatMap(({ list }) => [...list]);
  const weights = listed.map((_, n) => Math.exp(-(n % 20) / 10));
  const fused = k.ints(15);
  k.fuse({ rows: 1, width: 60, items: putInts(k, listed), weights: put(k, weights) }, nItems, undefined, 0, 15, fused);
  assert.deepEqual([...fused], [...fusion.fuse(lists, 15)]);
  k.close();
});
