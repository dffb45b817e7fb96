import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, type Outputs, put, putInts, wholes } from '../_agree.test.js';
import type { Kernels } from '../kernels.js';
import { freeRows, takeRows } from '../rows.js';
import type { HetcompStep } from './hetcomp.js';

interface Case {
  readonly nUsers: number;
  readonly batch: readonly number[];
  readonly nItems: number;
  readonly dim: number;
  readonly topK: number;
  readonly phase: HetcompStep['phase'];
  readonly formulas: HetcompStep['formulas'];
  readonly userVectors: ArrayLike<number>;
  readonly itemVectors: ArrayLike<number>;
  readonly train: readonly (readonly number[])[];
  readonly observed: readonly (readonly number[])[];
  readonly ranked: readonly (readonly number[])[];
}

const csr = (columns: number, lists: readonly (readonly number[])[]) => {
  const indptr = Int32Array.from([0, ...lists.map((list) => list.length)]);
  for (let k = 1; k < indptr.length; k++) indptr[k]! += indptr[k - 1]!;
  return { columns, indptr, indices: Int32Array.from(lists.flat()) };
};

const runOn =
  (c: Case) =>
  (k: Kernels): Outputs => {
    const ranked = k.ints(c.nUsers * c.topK).fill(-1);
    for (const [u, list] of c.ranked.entries()) ranked.set(list.slice(0, c.topK), u * c.topK);
    const step: HetcompStep = {
      users: putInts(k, c.batch),
      userVectors: put(k, c.userVectors),
      itemVectors: put(k, c.itemVectors),
      dim: c.dim,
      nItems: c.nItems,
      train: takeRows(k, csr(c.nItems, c.train)),
      observed: takeRows(k, csr(c.nItems, c.observed)),
      ranked,
      topK: c.topK,
      phase: c.phase,
      formulas: c.formulas,
      scale: 0.5,
      // Not zero before: the step adds.
      userGradient: put(k, c.userVectors),
      itemGradient: put(k, c.itemVectors),
      losses: k.floats(c.batch.length),
    };
    k.hetcomp(step);
    const { losses, userGradient, itemGradient } = step;
    const out = { losses: losses.slice(), userGradient: userGradient.slice(), itemGradient: itemGradient.slice() };
    freeRows(k, step.train);
    freeRows(k, step.observed);
    k.free(step.users, step.userVectors, step.itemVectors, ranked, userGradient, itemGradient, losses);
    return out;
  };

const tolerance = { losses: 1e-6, userGradient: 1e-5, itemGradient: 1e-5 };

const sorted = (ids: Int32Array): number[] => [...new Set(ids)].sort((a, b) => a - b);

/** Lists of any kind: empty, shorter than K, with repeated and with common items, ranked items that are train items. */
function makeCase(
  seed: number,
  shape: Pick<Case, 'nItems' | 'dim' | 'topK' | 'phase' | 'formulas'> & { batch: number; spread: number },
): Case {
  const nUsers = shape.batch + 2;
  const { nItems, dim, spread } = shape;
  const lists = (part: number, most: number) =>
    Array.from({ length: nUsers }, (_, u) => {
      const length = wholes(seed + part + 31 * u, 1, most + 1)[0]!;
      return [...wholes(seed + 7 * part + 97 * u, length, nItems)];
    });
  const batch = Array.from({ length: shape.batch }, (_, b) => (b * 7 + seed) % nUsers);
  return {
    ...shape,
    nUsers,
    batch: [...new Set(batch)],
    userVectors: numbers(seed + 1, nUsers * dim, spread),
    itemVectors: numbers(seed + 2, nItems * dim, spread),
    train: lists(3, Math.min(nItems, 12)).map((list) => sorted(Int32Array.from(list))),
    observed: lists(4, 11),
    ranked: lists(5, shape.topK),
  };
}

test('hetcomp agrees with the float64 reference on any shape', () => {
  const shapes = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    batch: fc.integer({ min: 1, max: 13 }),
    nItems: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 1500 })),
    dim: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 33, 64, 256)),
    topK: fc.constantFrom(0, 1, 3, 20, 50, 100),
    phase: fc.constantFrom('overall' as const, 'fine' as const),
    formulas: fc.constantFrom('published' as const, 'exact' as const),
  });
  fc.assert(
    fc.property(shapes, (shape) => {
      agree(runOn(makeCase(shape.seed, { ...shape, spread: 3 / Math.sqrt(shape.dim) })), tolerance);
    }),
    { numRuns: 40 },
  );
});

test('hetcomp agrees over several tiles and blocks of users', () => {
  for (const phase of ['overall', 'fine'] as const) {
    const shape = {
      nItems: 30_001,
      dim: 6,
      topK: 100,
      batch: 37,
      spread: 0.7,
      phase,
      formulas: 'published' as const,
    };
    agree(runOn(makeCase(5, shape)), tolerance);
  }
});

/** With unit vectors as items a user's vector is the row of scores itself. */
function onScores(
  scores: readonly (readonly number[])[],
  rest: Pick<Case, 'train' | 'observed' | 'ranked' | 'phase' | 'formulas'>,
): Case {
  const nItems = scores[0]!.length;
  return {
    ...rest,
    nUsers: scores.length,
    batch: scores.map((_, u) => u),
    nItems,
    dim: nItems,
    topK: Math.max(...rest.ranked.map((list) => list.length)),
    userVectors: scores.flat(),
    itemVectors: Array.from({ length: nItems * nItems }, (_, k) => (k % (nItems + 1) === 0 ? 1 : 0)),
  };
}

const phases = ['overall', 'fine'] as const;
const sets = {
  train: [[0, 3], [], [1]],
  observed: [[0, 3, 0], [5, 5], [1]],
  ranked: [[6, 7, 8, 9, 3, 10, 11, 12, 13, 14], [1, 2, 3], Array.from({ length: 20 }, (_, k) => k)],
};
const rows = (score: (u: number, i: number) => number) =>
  sets.train.map((_, u) => Array.from({ length: 24 }, (_, i) => Math.fround(score(u, i))));

test('hetcomp with published formulas: scores at, near and beyond the clamp, the floor, ties', () => {
  const noise = numbers(9, 72);
  const kinds: ((u: number, i: number) => number)[] = [
    (u, i) => 40 * Math.sign(noise[u * 24 + i]!),
    (u, i) => 39 + 0.9 * noise[u * 24 + i]!,
    (u, i) => 70 * noise[u * 24 + i]!,
    (u, i) => -17 + noise[u * 24 + i]!,
    (_, i) => (i === 7 ? 39.5 : -2),
    () => 1.5,
    () => -60,
    (u, i) => (u === 0 ? noise[i]! : 60 * noise[i]!),
  ];
  for (const phase of phases) {
    for (const kind of kinds) agree(runOn(onScores(rows(kind), { ...sets, phase, formulas: 'published' })), tolerance);
  }
});

test('hetcomp with exact formulas is stable for scores that differ by thousands', () => {
  const noise = numbers(10, 72);
  const kinds: ((u: number, i: number) => number)[] = [
    (u, i) => 80 * noise[u * 24 + i]!,
    (u, i) => 3000 * Math.round(4 * noise[u * 24 + i]!),
    (_, i) => (i === 7 ? 1000 : 0),
    (_, i) => (i === 0 ? 5000 : -5000),
    () => -2000,
    (u, i) => (u === 1 ? 200 * noise[i]! : noise[i]!),
    (u, i) => 300 + 15 * noise[u * 24 + i]!,
    (_, i) => (i > 14 ? 60 : 100),
    (_, i) => (i > 14 ? -100 : -60),
  ];
  for (const phase of phases) {
    for (const kind of kinds) {
      const out = agree(runOn(onScores(rows(kind), { ...sets, phase, formulas: 'exact' })), tolerance);
      assert.ok([...Array.from(out.losses!), ...Array.from(out.itemGradient!)].every(Number.isFinite));
    }
  }
});

test('hetcomp gives NaN only for users without finite scores', () => {
  const shape = { nItems: 600, dim: 5, topK: 20, batch: 9, spread: 1, phase: 'fine', formulas: 'exact' } as const;
  const base = makeCase(77, shape);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const userVectors = Float32Array.from(base.userVectors);
    userVectors[base.batch[4]! * 5 + 2] = bad;
    const out = agree(runOn({ ...base, userVectors }), tolerance);
    assert.deepEqual(Array.from(out.losses!, Number.isNaN).indexOf(true), 4);
    assert.equal(Array.from(out.losses!).filter(Number.isFinite).length, base.batch.length - 1);
    assert.ok(Array.from(out.itemGradient!).every(Number.isFinite));

    const itemVectors = Float32Array.from(base.itemVectors);
    itemVectors[599 * 5] = bad;
    assert.ok(Array.from(agree(runOn({ ...base, itemVectors }), tolerance).losses!).every(Number.isNaN));
  }
});

test('hetcomp without any list has loss 0 and no gradient', () => {
  const empty = Array.from({ length: 5 }, () => []);
  const shape = { nItems: 40, dim: 3, topK: 10, batch: 3, spread: 1, formulas: 'published' } as const;
  for (const phase of phases) {
    const base = makeCase(3, { ...shape, phase });
    const out = agree(runOn({ ...base, train: empty, observed: empty, ranked: empty }));
    assert.ok(Array.from(out.losses!).every((loss) => loss === 0));
    assert.deepEqual(Array.from(out.userGradient!), Array.from(base.userVectors));
  }
});
