import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, type Outputs, put, putInts, wholes } from '../_agree.test.js';
import type { Kernels } from '../kernels.js';
import { freeRows, takeRows } from '../rows.js';
import { softmaxListLoss } from './loss.js';

interface Case {
  readonly batch: readonly number[];
  readonly nItems: number;
  readonly dim: number;
  readonly temperature: number;
  readonly ownWeight: number;
  readonly userVectors: ArrayLike<number>;
  readonly itemVectors: ArrayLike<number>;
  readonly own: readonly (readonly number[])[];
  readonly listed: readonly (readonly number[])[];
}

const csr = (columns: number, lists: readonly (readonly number[])[]) => {
  const indptr = Int32Array.from([0, ...lists.map((list) => list.length)]);
  for (let k = 1; k < indptr.length; k++) indptr[k]! += indptr[k - 1]!;
  return { columns, indptr, indices: Int32Array.from(lists.flat()) };
};

const runOn =
  (c: Case) =>
  (k: Kernels): Outputs => {
    const weights = c.listed.flatMap((list) => list.map((_, at) => 1 / Math.log2(at + 2)));
    const step = {
      users: putInts(k, c.batch),
      userVectors: put(k, c.userVectors),
      itemVectors: put(k, c.itemVectors),
      ...{ dim: c.dim, nItems: c.nItems, temperature: c.temperature, ownWeight: c.ownWeight, scale: 0.5 },
      own: takeRows(k, csr(c.nItems, c.own)),
      listed: takeRows(k, csr(c.nItems, c.listed), weights),
      // Not zero before: the step adds.
      userGradient: put(k, c.userVectors),
      itemGradient: put(k, c.itemVectors),
      losses: k.floats(c.batch.length),
    };
    k.softmax({ ...step, listed: { ...step.listed, weights: step.listed.weights! } });
    const { losses, userGradient, itemGradient } = step;
    // Plus the size of a score: a loss of 0 is the difference of two scores in float32, and tolerances are relative to the result.
    const most = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs).filter(Number.isFinite));
    const size = 1 + c.dim * most(c.userVectors) * most(c.itemVectors);
    const out = {
      losses: losses.map((loss) => size + loss),
      userGradient: userGradient.slice(),
      itemGradient: itemGradient.slice(),
    };
    freeRows(k, step.own);
    freeRows(k, step.listed);
    k.free(step.users, step.userVectors, step.itemVectors, userGradient, itemGradient, losses);
    return out;
  };

const tolerance = { losses: 1e-6, userGradient: 1e-5, itemGradient: 1e-5 };

const sorted = (ids: Int32Array): number[] => [...new Set(ids)].sort((a, b) => a - b);

function makeCase(
  seed: number,
  shape: Pick<Case, 'nItems' | 'dim' | 'temperature' | 'ownWeight'> & { batch: number; spread: number },
): Case {
  const { nItems, dim, batch, spread, ...rest } = shape;
  const nUsers = batch + 2;
  const length = (u: number, most: number) => wholes(seed + 31 * u, 1, most + 1)[0]!;
  const own = Array.from({ length: nUsers }, (_, u) => sorted(wholes(seed + u, length(u, 12), nItems)));
  const listed = own.map((mine, u) =>
    [...wholes(seed + 97 + u, length(u + 1, 9), nItems)].filter((item) => !mine.includes(item)),
  );
  return {
    ...{ ...rest, nItems, dim, own, listed },
    batch: Array.from({ length: batch }, (_, k) => nUsers - 1 - k),
    userVectors: numbers(seed + 1, nUsers * dim, spread),
    itemVectors: numbers(seed + 2, nItems * dim, 1),
  };
}

test('softmax: any sizes, lists and temperatures', () => {
  const shapes = fc.record({
    seed: fc.nat(1e6),
    nItems: fc.integer({ min: 1, max: 90 }),
    dim: fc.integer({ min: 1, max: 9 }),
    batch: fc.integer({ min: 1, max: 11 }),
    spread: fc.constantFrom(0.1, 1, 8),
    temperature: fc.constantFrom(0.5, 1, 3),
    ownWeight: fc.constantFrom(0, 0.5, 2),
  });
  fc.assert(
    fc.property(shapes, ({ seed, ...shape }) => void agree(runOn(makeCase(seed, shape)), tolerance)),
    { numRuns: 60 },
  );
});

test('softmax: more items than a tile, more users than a block', () => {
  const shape = { nItems: 1300, dim: 6, batch: 70, spread: 1, temperature: 1, ownWeight: 0.5 };
  agree(runOn(makeCase(5, shape)), tolerance);
});

test('softmax: scores that differ by hundreds', () => {
  for (const spread of [60, 400]) {
    const shape = { nItems: 300, dim: 5, batch: 9, spread, temperature: 1, ownWeight: 0.5 };
    // Scores of this size have rounding errors of 1e-5 in float32, and exponentials of them relative errors as large.
    agree(runOn(makeCase(7, shape)), { losses: 1e-5, userGradient: 2e-4, itemGradient: 2e-4 });
  }
});

test('softmax: users without lists, with all items, and with a score that is not finite', () => {
  const shape = { nItems: 20, dim: 3, batch: 6, spread: 1, temperature: 1, ownWeight: 0.5 };
  const c = makeCase(3, shape);
  const all = Array.from({ length: 20 }, (_, item) => item);
  const own = c.own.map((mine, u) => (u === 2 ? all : u === 3 ? [] : mine));
  const listed = c.listed.map((list, u) => (u === 2 || u === 3 || u === 4 ? [] : list));
  agree(runOn({ ...c, own, listed }), tolerance);
  const wild = Float32Array.from(c.userVectors);
  wild[5 * 3] = Number.POSITIVE_INFINITY;
  const { losses } = agree(runOn({ ...c, userVectors: wild }), tolerance) as { losses: readonly number[] };
  assert.deepEqual(
    losses.map((x) => Number.isNaN(x)),
    c.batch.map((user) => user === 5),
  );
});

test('the loss of a row: its gradient is that of finite differences', () => {
  const scores = Float64Array.from(numbers(11, 12, 2));
  const row = {
    ...{ listed: [3, 7, 3], weights: [1, 0.5, 0.25], own: [0, 5], excluded: [0, 5, 7, 9], temperature: 1.5 },
    ownWeight: 0.7,
  };
  const gradient = new Float64Array(12);
  softmaxListLoss(scores, row, gradient);
  for (let i = 0; i < 12; i++) {
    const at = (x: number) => softmaxListLoss(scores.with(i, scores[i]! + x), row, new Float64Array(12));
    assert.ok(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - gradient[i]!) < 1e-8, `item ${i}`);
  }
});
