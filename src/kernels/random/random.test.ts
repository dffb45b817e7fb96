import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scaleWord, stream, threefry2x32, uniformInt } from '../../math/random.js';
import { agree, putInts, wholes } from '../_agree.test.js';
import { createReferenceKernels } from '../create.js';
import type { Kernels } from '../kernels.js';
import { freeRows, takeRows } from '../rows.js';

test('normal agrees on any length, key and epoch', () => {
  const length = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(8191, 8192, 20_001));
  fc.assert(
    fc.property(length, fc.maxSafeInteger(), fc.nat(1e6), (n, seed, epoch) => {
      agree(
        (k) => {
          const out = k.floats(n);
          k.normal(out, stream(seed, 'test'), epoch, 0.01);
          const copy = out.slice();
          k.free(out);
          return { out: copy };
        },
        { out: 1e-6 },
      );
    }),
    { numRuns: 20 },
  );
});

test('normal has the moments of a normal distribution', () => {
  const k = createReferenceKernels();
  const out = k.floats(100_000);
  k.normal(out, stream(1, 'moments'), 0, 2);
  let [mean, square, fourth] = [0, 0, 0];
  for (const x of out) {
    mean += x / out.length;
    square += x ** 2 / out.length;
    fourth += x ** 4 / out.length;
  }
  // Five standard deviations of each estimate: 2, 4 * sqrt(2) and 16 * sqrt(96), each over sqrt(n).
  assert.ok(Math.abs(mean) < 0.032, `mean ${mean}`);
  assert.ok(Math.abs(square - 4) < 0.09, `variance ${square}`);
  assert.ok(Math.abs(fourth - 48) < 2.5, `fourth moment ${fourth}`);
});

test('places are those of shuffle, also near the largest length', () => {
  const last = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(65_536, 2 ** 30 - 1, 2 ** 31 - 2));
  fc.assert(
    fc.property(last, fc.maxSafeInteger(), fc.nat(1e6), (from, seed, epoch) => {
      const key = stream(seed, 'places');
      const n = Math.min(from, 300);
      const { out } = agree((k) => {
        const drawn = k.ints(n);
        k.places(drawn, key, epoch, from);
        const copy = drawn.slice();
        k.free(drawn);
        return { out: copy };
      });
      for (let k = 0; k < n; k++) assert.equal(out![k], uniformInt(key, epoch, from - k, from - k + 1));
    }),
    { numRuns: 30 },
  );
});

/** Users with 0, few, nearly all and all of the items. */
function interactions(nItems: number) {
  const few = [...new Set(wholes(nItems, Math.min(3, nItems), nItems))].sort((a, b) => a - b);
  const all = Array.from({ length: nItems }, (_, i) => i);
  const lists = [[], few, all.filter((i) => i !== nItems >> 1), all];
  const indptr = new Int32Array(lists.length + 1);
  for (const [u, list] of lists.entries()) indptr[u + 1] = indptr[u]! + list.length;
  return { lists, rows: { columns: nItems, indptr, indices: Int32Array.from(lists.flat()) } };
}

const draw = (
  k: Kernels,
  users: ArrayLike<number>,
  nItems: number,
  seed: number,
  epoch: number,
  first: number,
  pooled = false,
) => {
  const rows = takeRows(k, interactions(nItems).rows);
  const drawn = k.ints(users.length);
  const of = putInts(k, users);
  k.negatives(drawn, of, rows, nItems, stream(seed, 'negatives'), epoch, first, pooled ? rows.indices : undefined);
  const copy = drawn.slice();
  freeRows(k, rows);
  k.free(drawn, of);
  return copy;
};

test('negatives are the same everywhere, and never an item of the user unless the user has all', () => {
  const items = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 9, max: 300 }));
  fc.assert(
    fc.property(
      items,
      fc.nat(),
      fc.nat(1000),
      fc.nat(1e6),
      fc.constantFrom(1, 300, 1100),
      fc.boolean(),
      (n, seed, epoch, first, length, pooled) => {
        const users = wholes(seed, length, 4);
        const { drawn } = agree((k) => ({ drawn: draw(k, users, n, seed, epoch, first, pooled) }));
        const { lists } = interactions(n);
        for (let k = 0; k < length; k++) {
          const own = lists[users[k]!]!;
          const item = drawn![k]!;
          assert.ok(item >= 0 && item < n);
          assert.ok(own.length === n || !own.includes(item), `user ${users[k]} has ${item}`);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a negative depends on its counter, so a batch can be sampled in parts', () => {
  const key = stream(3, 'negatives');
  const words = new Uint32Array(2);
  const whole = draw(createReferenceKernels(), new Int32Array(100), 1000, 3, 5, 0);
  for (const [k, item] of whole.entries()) {
    threefry2x32(key.k0, key.k1, 5 * 64, k, words);
    assert.equal(item, scaleWord(words[0]!, 1000));
  }
  agree((k) => {
    const rest = draw(k, new Int32Array(60), 1000, 3, 5, 40);
    assert.deepEqual(rest, whole.slice(40));
    return { rest };
  });
});
