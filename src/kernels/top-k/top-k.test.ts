import { deepEqual } from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { everyMachine } from '../_machines.test.js';
import { createWasmMachine } from '../machine/wasm.js';
import { topKWasm } from './top-k.js';

const machines = everyMachine();
after(() => machines.close());

interface Mask {
  readonly indptr: readonly number[];
  readonly indices: readonly number[];
}

function maskOf(rows: readonly (readonly number[])[]): Mask {
  const indptr = [0];
  for (const row of rows) indptr.push(indptr.at(-1)! + row.length);
  return { indptr, indices: rows.flat() };
}

/** The definition: sort all candidates. */
function oracle(scores: readonly number[], masked: readonly number[], depth: number) {
  const left = new Set(masked);
  const ids = scores.map((_, i) => i).filter((i) => !left.has(i) && !Number.isNaN(scores[i]!));
  ids.sort((a, b) => (scores[b]! > scores[a]! ? 1 : scores[b]! < scores[a]! ? -1 : a - b));
  return Array.from({ length: depth }, (_, k) => [
    ids[k] ?? -1,
    k < ids.length ? scores[ids[k]!]! : Number.NEGATIVE_INFINITY,
  ]);
}

function topK(
  scores: readonly (readonly number[])[],
  nItems: number,
  mask: Mask | undefined,
  maskRows: number[],
  depth: number,
) {
  return machines.run((k, take) => {
    const rows = scores.length;
    const [out, outScores] = [take.ints(rows * depth), take.floats(rows * depth)];
    const masked = mask && {
      rows: mask.indptr.length - 1,
      columns: nItems,
      indptr: take.ints(mask.indptr),
      indices: take.ints(mask.indices),
    };
    k.topK(take.floats(scores.flat()), rows, nItems, masked, take.ints(maskRows), depth, out, outScores);
    return { out, outScores };
  });
}

/** Checks all machines against the oracle; the scores must be exact in float32. */
function checkTopK(
  scores: readonly (readonly number[])[],
  nItems: number,
  rows: number[][] | undefined,
  maskRows: number[],
  depth: number,
) {
  const found = topK(scores, nItems, rows && maskOf(rows), maskRows, depth);
  const best = scores.flatMap((row, r) => oracle(row, rows ? rows[maskRows[r]!]! : [], depth));
  for (const { out, outScores } of [found.wasm, ...found.others, found.f32, found.f64]) {
    deepEqual(
      out,
      best.map(([id]) => id),
    );
    // Adding 0 makes -0 and 0 the same.
    deepEqual(
      outScores.map((x) => x + 0),
      best.map(([, score]) => score! + 0),
    );
  }
}

const score = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 4, arbitrary: fc.float({ noDefaultInfinity: true, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

test('topK is the sorted list: ties, NaN, infinities, masks, deep lists, few items', () => {
  const shape = fc.integer({ min: 1, max: 150 }).chain((nItems) =>
    fc.record({
      nItems: fc.constant(nItems),
      depth: fc.integer({ min: 1, max: nItems + 5 }),
      scores: fc.array(fc.array(score, { minLength: nItems, maxLength: nItems }), { maxLength: 9 }),
      masks: fc.array(fc.uniqueArray(fc.nat(nItems - 1)), { minLength: 9, maxLength: 9 }),
    }),
  );
  fc.assert(
    fc.property(shape, ({ nItems, depth, scores, masks }) => {
      const sorted = masks.map((row) => [...row].sort((a, b) => a - b));
      checkTopK(
        scores,
        nItems,
        sorted,
        scores.map((_, r) => 8 - r),
        depth,
      );
      checkTopK(
        scores,
        nItems,
        undefined,
        scores.map(() => 0),
        depth,
      );
    }),
    { numRuns: 60 },
  );
});

test('topK over long rows: rising, falling, all equal, random, all NaN, one candidate', () => {
  const nItems = 5000;
  const row = (value: (i: number) => number) => Array.from({ length: nItems }, (_, i) => Math.fround(value(i)));
  const scores = [
    row((i) => i),
    row((i) => -i),
    row(() => 0.5),
    row((i) => Math.sin(i * i)),
    row((i) => i % 7),
    row(() => Number.NaN),
    row((i) => (i === 4321 ? -1e30 : Number.NaN)),
    row(() => Number.NEGATIVE_INFINITY),
    row(() => Number.POSITIVE_INFINITY),
  ];
  const everything = row((i) => i);
  const masks = [[], everything, everything.filter((i) => i % 2 === 0), everything.slice(0, 4950)];
  for (const depth of [1, 10, 100, 700]) {
    for (let mask = 0; mask < masks.length; mask++)
      checkTopK(
        scores,
        nItems,
        masks,
        scores.map(() => mask),
        depth,
      );
  }
});

test('topK over more items than one tile', () => {
  const nItems = 40_000;
  const scores = [
    Array.from({ length: nItems }, (_, i) => i >> 4),
    Array.from({ length: nItems }, (_, i) => (i * 7919) % 1009),
    Array.from({ length: nItems }, () => 1),
  ];
  checkTopK(scores, nItems, [[nItems - 1], [0, 32_767, 32_768], []], [0, 1, 2], 50);
});

/** Small whole numbers, so that inner products are exact and ties abound. */
const table = (rows: number, dim: number, seed: number) =>
  Array.from({ length: rows * dim }, (_, k) => (((k + 3) * (2 * seed + 7919)) % 7) - 3);

function checkDot(
  users: number[],
  dim: number,
  nItems: number,
  masks: number[][] | undefined,
  depth: number,
  packed: boolean,
) {
  const rows = Math.max(0, ...users) + 1;
  const [u, q] = [table(rows, dim, 5), table(nItems, dim, 6)];
  const found = machines.run((k, take) => {
    const [out, outScores] = [take.ints(users.length * depth), take.floats(users.length * depth)];
    const mask = masks && maskOf(masks);
    const masked = mask && { rows, columns: nItems, indptr: take.ints(mask.indptr), indices: take.ints(mask.indices) };
    const items_ = take.floats(q);
    const handle = packed ? k.packItems(items_, dim, nItems) : items_;
    k.topKDot(take.floats(u), handle, dim, take.ints(users), nItems, masked, depth, out, outScores);
    if ('panels' in handle) handle.free();
    return { out, outScores };
  });
  const best = users.flatMap((user) => {
    const scores = Array.from({ length: nItems }, (_, i) => {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += u[user * dim + d]! * q[i * dim + d]!;
      return sum;
    });
    return oracle(scores, masks ? masks[user]! : [], depth);
  });
  for (const { out, outScores } of [found.wasm, ...found.others, found.f32, found.f64]) {
    deepEqual(
      out,
      best.map(([id]) => id),
    );
    deepEqual(
      outScores,
      best.map(([, value]) => value),
    );
  }
}

test('topKDot is the sorted list of inner products: any number of users, items and dim', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(40), { maxLength: 45 }),
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      (users, dim, nItems, depth, packed) => {
        const rows = Math.max(0, ...users) + 1;
        const masks = Array.from({ length: rows }, (_, r) => {
          const keep = (i: number) => (r % 5 === 0 ? false : (i * 31 + r) % (r + 2) > 0);
          return Array.from({ length: nItems }, (_, i) => i).filter((i) => !keep(i));
        });
        checkDot(users, dim, nItems, masks, depth, packed);
        checkDot(users, dim, nItems, undefined, depth, packed);
      },
    ),
    { numRuns: 30 },
  );
});

test('topKDot over more items than one tile, for one user and for several', () => {
  const masks = Array.from({ length: 6 }, (_, r) => [r, 100 + r, 32_768 + r]);
  checkDot([3], 9, 33_000, masks, 20, true);
  checkDot([0, 1, 2, 3, 4, 5], 2, 33_000, masks, 300, false);
});

test('topKDot never ranks an item or a user with NaN', () => {
  const { wasm, f64 } = machines.run((k, take) => {
    const u = take.floats([1, 2, Number.NaN, 1]);
    const q = take.floats([1, 1, Number.NaN, 0, 5, 5, 2, 2]);
    const [out, outScores] = [take.ints(8), take.floats(8)];
    k.topKDot(u, q, 2, take.ints([0, 1]), 4, undefined, 4, out, outScores);
    return { out, outScores };
  });
  const none = Number.NEGATIVE_INFINITY;
  deepEqual(wasm, { out: [2, 3, 0, -1, -1, -1, -1, -1], outScores: [15, 6, 3, none, none, none, none, none] });
  deepEqual(wasm, f64);
});

test('topKDot of long rows: a strip of users and part of another', () => {
  const users = Array.from({ length: 150 }, (_, k) => (k * 7) % 61);
  const masks = Array.from({ length: 61 }, (_, r) => Array.from({ length: 20 }, (_, i) => i * 9 + (r % 9)));
  for (const dim of [48, 77]) for (const packed of [true, false]) checkDot(users, dim, 190, masks, 30, packed);
});

test('topKDot: the scores of a user do not depend on the others of the call', () => {
  const [rows, nItems, dim, depth] = [70, 300, 90, 40];
  const real = (length: number, seed: number) => Array.from({ length }, (_, k) => Math.sin(k * k + seed));
  const [u, q] = [real(rows * dim, 1), real(nItems * dim, 2)];
  const of = (users: readonly number[]) => {
    const { wasm, others } = machines.run((k, take) => {
      const [out, outScores] = [take.ints(users.length * depth), take.floats(users.length * depth)];
      k.topKDot(take.floats(u), take.floats(q), dim, take.ints(users), nItems, undefined, depth, out, outScores);
      return { out, outScores };
    });
    return [wasm, ...others];
  };
  const all = of(Array.from({ length: rows }, (_, r) => r));
  for (const some of [[0], [69], [5, 66, 12]]) {
    of(some).forEach(({ out, outScores }, machine) => {
      some.forEach((row, at) => {
        const part = (values: readonly number[], r: number) => values.slice(r * depth, (r + 1) * depth);
        deepEqual(part(out, at), part(all[machine]!.out, row));
        deepEqual(part(outScores, at), part(all[machine]!.outScores, row));
      });
    });
  }
});

test('topKDot: panels of 8 and of 16 columns give the same bits', () => {
  const [rows, nItems, depth] = [70, 300, 40];
  for (const dim of [100, 256, 300]) {
    const [narrow, wide] = ([8, 16] as const).map((panelColumns) => {
      const m = createWasmMachine({ threads: 1, memoryLimit: 2 ** 24, arithmetic: 'plain', panelColumns });
      const [u, q, users] = [m.floats(rows * dim), m.floats(nItems * dim), m.ints(rows)];
      u.set(Array.from(u, (_, k) => Math.sin(k * k + 1)));
      q.set(Array.from(q, (_, k) => Math.cos(k * k + 2)));
      users.set(users.map((_, k) => k));
      const [out, outScores] = [m.ints(rows * depth), m.floats(rows * depth)];
      topKWasm(m).topKDot(u, q, dim, users, nItems, undefined, depth, out, outScores);
      m.close();
      return [Array.from(out), Array.from(outScores)];
    });
    deepEqual(wide, narrow);
  }
});
