import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Interactions, loadDataset, placeInRow } from '../data/index.js';
import { createKernels, createReferenceKernels, freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { ease } from './ease.js';

/** Scores of `users`, each all items. */
async function scoresOf(
  k: Kernels,
  train: Interactions,
  l2: number,
  form: 'dual' | 'primal',
  users: Int32Array,
): Promise<Float64Array> {
  const model = await ease.create({ kernels: k, train, seed: 0 }, ease.options.parse({ l2, form }));
  const out = k.floats(users.length * train.nItems);
  model.scoreRows(users, out);
  model.close();
  const copy = Float64Array.from(out);
  k.free(out);
  return copy;
}

/** Scores of histories, each a row of weights for all items, 0 for items that it does not have. */
async function historyScores(
  k: Kernels,
  train: Interactions,
  l2: number,
  form: 'dual' | 'primal',
  rows: readonly (readonly number[])[],
): Promise<Float64Array> {
  const model = await ease.create({ kernels: k, train, seed: 0 }, ease.options.parse({ l2, form }));
  const entries = rows.map((row) => row.flatMap((weight, item) => (weight === 0 ? [] : [{ item, weight }])));
  const indptr = [0];
  for (const own of entries) indptr.push(indptr.at(-1)! + own.length);
  const source = {
    ...{ columns: train.nItems, indptr: Int32Array.from(indptr) },
    indices: Int32Array.from(entries.flat(), ({ item }) => item),
  };
  const given = takeRows(
    k,
    source,
    entries.flat().map(({ weight }) => weight),
  );
  const out = k.floats(rows.length * train.nItems);
  model.histories!.score(given, out);
  model.close();
  const copy = Float64Array.from(out);
  freeRows(k, given);
  k.free(out);
  return copy;
}

/** By Gauss-Jordan, row by row. */
function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const n = matrix.length;
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let k = 0; k < n; k++) {
    const pivot = work[k]!.map((x) => x / work[k]![k]!);
    work.forEach((row, i) => {
      work[i] = i === k ? pivot : row.map((x, j) => x - row[k]! * pivot[j]!);
    });
  }
  return work.map((row) => row.slice(n));
}

const small: Interactions = {
  ...{ nUsers: 4, nItems: 5, indptr: Int32Array.of(0, 3, 5, 5, 7), indices: Int32Array.of(0, 1, 3, 1, 3, 0, 2) },
};

/** X B with B = I - P / diag(P), P = (X X + l2 I)^-1, for X with the weights of the interactions, or ones. */
async function isClosedForm(train: Interactions): Promise<void> {
  const entryOf = (at: number) => (at < 0 ? 0 : (train.weights?.[at] ?? 1));
  const x = [0, 1, 2, 3].map((u) => [0, 1, 2, 3, 4].map((i) => entryOf(placeInRow(train, u, i))));
  // Histories that are no rows of X.
  const others = [
    [0, 0, 0, 0, 0],
    [0, 1, 0, 0, 1],
    [2, 3, 0.5, 1, 4],
  ];
  const column = (j: number) => x.map((row) => row[j]!);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  const p = inverseOf(x[0]!.map((_, i) => x[0]!.map((_, j) => dot(column(i), column(j)) + (i === j ? 0.7 : 0))));
  const timesB = (row: readonly number[]) =>
    row.map((_, j) =>
      dot(
        row,
        p.map((own, i) => (i === j ? 0 : -own[j]! / p[j]![j]!)),
      ),
    );
  const expected = [...x, ...others].flatMap(timesB);
  for (const form of ['dual', 'primal'] as const) {
    const k = createReferenceKernels('f64');
    const users = await scoresOf(k, train, 0.7, form, Int32Array.of(0, 1, 2, 3));
    const scores = [...users, ...(await historyScores(k, train, 0.7, form, others))];
    for (const [at, value] of expected.entries()) {
      assert.ok(Math.abs(scores[at]! - value) < 1e-10, `${form}, number ${at}: ${scores[at]}, not ${value}`);
    }
  }
}

test('both forms are the closed form, also for users and items without interactions', () => isClosedForm(small));

test('with weights X holds the weights, in both forms', () =>
  isClosedForm({ ...small, weights: Float32Array.of(0.5, 2, 1, 3, 0.25, 4, 1.5) }));

test('both forms agree with several tiles and several blocks of users, with and without weights', async () => {
  const plain = (await loadDataset({ data: 'synthetic:600x520x20000' })).train;
  const weights = Float32Array.from(plain.indices, (i) => 0.5 + (i % 5) / 4);
  const k = createKernels({ threads: 2, memoryLimit: 2 ** 26 });
  const users = Int32Array.from({ length: plain.nUsers }, (_, r) => (r * 7) % plain.nUsers);
  assert.ok(plain.nUsers > 512 && plain.nItems > 512);
  for (const train of [plain, { ...plain, weights }]) {
    const dual = await scoresOf(k, train, 20, 'dual', users);
    const primal = await scoresOf(k, train, 20, 'primal', users);
    assert.ok(dual.some((score) => score > 0.1));
    for (const [at, score] of dual.entries()) assert.ok(Math.abs(score - primal[at]!) < 2e-5, `number ${at}`);
    const rows = Array.from({ length: 70 }, (_, r) =>
      Array.from({ length: train.nItems }, (_, i) => ((r * 31 + i * 17) % 23 === 0 ? 1 : 0)),
    );
    const [one, other] = [
      await historyScores(k, train, 20, 'dual', rows),
      await historyScores(k, train, 20, 'primal', rows),
    ];
    assert.ok(one.some((score) => score > 0.1));
    for (const [at, score] of one.entries()) assert.ok(Math.abs(score - other[at]!) < 2e-5, `number ${at}`);
  }
  k.close();
});

test('without enough regularisation it is refused, and all memory is given back', async () => {
  const twins: Interactions = {
    nUsers: 2,
    nItems: 3,
    indptr: Int32Array.of(0, 2, 4),
    indices: Int32Array.of(0, 1, 0, 1),
  };
  const k = createReferenceKernels('f64');
  const o = ease.options.parse({ l2: 1e-60 });
  await assert.rejects(ease.create({ kernels: k, train: twins, seed: 0 }, o), {
    code: 'not-positive-definite',
    hint: /raise l2/,
  });
  assert.equal(k.bytesInUse, 0);
});
