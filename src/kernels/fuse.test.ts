import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs } from '../data/interactions.js';
import { createFuser } from '../distill/ensemble/index.js';
import { agree, numbers, put, putInts, wholes } from './_agree.test.js';
import { createKernels } from './create.js';
import { freeRows, takeRows } from './rows.js';

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 1, max: 200 }),
  width: fc.integer({ min: 1, max: 40 }),
  nItems: fc.integer({ min: 1, max: 90 }),
  depth: fc.integer({ min: 1, max: 30 }),
  masked: fc.boolean(),
});

test('fuse agrees on any shape: repeated items, ties, nothing said, worth of 0, masks', () => {
  fc.assert(
    fc.property(shapes, ({ seed, rows, width, nItems, depth, masked }) => {
      agree((k) => {
        const first = 2;
        const votes = {
          ...{ rows, width },
          items: putInts(
            k,
            wholes(seed, rows * width, nItems + 1).map((i) => i - 1),
          ),
          // Quarters make ties, and zeros.
          worth: put(
            k,
            wholes(seed + 1, rows * width, 5).map((w) => w / 4),
          ),
        };
        const nUsers = rows + first;
        const train = fromPairs(nUsers, nItems, wholes(seed + 2, nUsers, nUsers), wholes(seed + 3, nUsers, nItems));
        const mask = takeRows(k, { columns: nItems, ...train });
        const out = k.ints(rows * depth + 1).fill(7);
        k.fuse(votes, nItems, masked ? mask : undefined, first, depth, out);
        const copy = out.slice();
        freeRows(k, mask);
        k.free(votes.items, votes.worth, out);
        return { out: copy };
      });
    }),
    { numRuns: 100 },
  );
});

test('fuse by hand, and as the ensemble does it', () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 24 });
  const votes = {
    ...{ rows: 2, width: 4 },
    items: putInts(k, [3, 1, 3, 0, 2, -1, 2, 2]),
    worth: put(k, [0.5, 1, 0.5, 0, 1, 9, 1, 0]),
  };
  const out = k.ints(6);
  k.fuse(votes, 4, undefined, 0, 3, out);
  assert.deepEqual([...out], [1, 3, -1, 2, -1, -1]);

  const nItems = 50;
  const voices = [1, 2, 3].map((seed) => {
    const order = Array.from(numbers(seed, nItems), (x, i) => ({ x, i })).sort((a, b) => a.x - b.x);
    return { list: Int32Array.from(order.slice(0, 20), ({ i }) => i) };
  });
  const fuser = createFuser(nItems, { importance: 'rank', temperature: 10, cutoff: 100 });
  const said = voices.flatMap(({ list }) => [...list]);
  const worth = said.map((_, n) => Math.exp(-(n % 20) / 10));
  const lists = k.ints(15);
  k.fuse({ rows: 1, width: 60, items: putInts(k, said), worth: put(k, worth) }, nItems, undefined, 0, 15, lists);
  assert.deepEqual([...lists], [...fuser.fuse(voices, 15)]);
  k.close();
});
