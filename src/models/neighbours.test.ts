import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Interactions, itemsOf } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import { modelOf } from './index.js';
import { neighboursOf } from './neighbours.js';

/** Users have {0, 1, 2}, {0, 1}, {1, 3}, {2}; item 4 has nobody, so items have 2, 3, 2, 1 and 0 users. */
const train: Interactions = {
  nUsers: 4,
  nItems: 5,
  indptr: Int32Array.of(0, 3, 5, 7, 8),
  indices: Int32Array.of(0, 1, 2, 0, 1, 1, 3, 2),
};
const numberOf = [2, 3, 2, 1, 0];
const userSize = [3, 2, 2, 1];

/** The square matrix of w(j, i), with 0 on the diagonal, by definition. */
const matrixOf = (weight: (common: readonly number[], j: number, i: number) => number): number[][] =>
  numberOf.map((_, j) =>
    numberOf.map((_, i) => {
      const common = userSize.flatMap((_, u) => {
        const own = itemsOf(train, u);
        return own.includes(i) && own.includes(j) ? [u] : [];
      });
      return i === j || common.length === 0 ? 0 : weight(common, j, i);
    }),
  );

/** X times the matrix. */
const product = (matrix: readonly number[][]): number[][] =>
  userSize.map((_, u) => numberOf.map((_, i) => itemsOf(train, u).reduce((sum, j) => sum + matrix[j]![i]!, 0)));

async function scoresOf(name: string, given: object): Promise<number[][]> {
  const [k, spec] = [createReferenceKernels('f64'), modelOf(name)];
  const model = await spec.create({ kernels: k, train, seed: 0 }, spec.options.parse(given));
  const out = k.floats(20).fill(7);
  model.scoreRows(Int32Array.of(0, 1, 2, 3), out);
  return [0, 1, 2, 3].map((u) => Array.from(out.subarray(u * 5, (u + 1) * 5)));
}

function close(actual: readonly number[][], expected: readonly number[][]): void {
  for (const [u, row] of expected.entries()) {
    for (const [i, value] of row.entries()) {
      assert.ok(Math.abs(actual[u]![i]! - value) < 1e-6, `user ${u}, item ${i}: ${actual[u]![i]}, not ${value}`);
    }
  }
}

test('rp3beta is the product of transition probabilities, divided by popularity', async () => {
  // From item 1 to item 2: user 0 of the three who have item 1, then item 2 of the three of user 0.
  assert.ok(Math.abs((await scoresOf('rp3beta', { alpha: 1, beta: 0 }))[2]![2]! - (1 / 3) * (1 / 3)) < 1e-7);
  for (const [alpha, beta] of [
    [1, 0],
    [0.7, 0.4],
    [2, 1],
  ] as const) {
    const matrix = matrixOf(
      (common, j, i) =>
        common.reduce((sum, v) => sum + (1 / numberOf[j]!) ** alpha * (1 / userSize[v]!) ** alpha, 0) /
        numberOf[i]! ** beta,
    );
    close(await scoresOf('rp3beta', { alpha, beta }), product(matrix));
  }
});

test('item-knn shrinks the cosine in the denominator or by its support', async () => {
  const cosine = (common: readonly number[], j: number, i: number) =>
    common.length / Math.sqrt(numberOf[i]! * numberOf[j]!);
  close(await scoresOf('item-knn', { shrinkage: 0 }), product(matrixOf(cosine)));
  const added = matrixOf(({ length }, j, i) => length / (Math.sqrt(numberOf[i]! * numberOf[j]!) + 3));
  close(await scoresOf('item-knn', { shrinkage: 3 }), product(added));
  const support = matrixOf((common, j, i) => (cosine(common, j, i) * common.length) / (common.length + 3));
  close(await scoresOf('item-knn', { shrinkage: 3, shrink: 'support' }), product(support));
});

test('the largest weights from an item or to an item are kept, the lower id of equal ones', async () => {
  // w(0, .) = 2 to item 1, 1 to item 2; w(1, .) = 2 to 0, 1 to 2 and 3; w(2, .) = 1 to 0 and 1; w(3, .) = 1 to 1.
  const rule = { keep: 1, share: () => 1, weight: (sum: number) => sum };
  const listed = async (side: 'from' | 'to') => {
    const near = await neighboursOf(train, async () => {}, { ...rule, side });
    return numberOf.map((_, j) =>
      Array.from(near.indices.subarray(near.indptr[j], near.indptr[j + 1]), (i, e) => [
        i,
        near.weights[near.indptr[j]! + e],
      ]),
    );
  };
  assert.deepEqual(await listed('from'), [[[1, 2]], [[0, 2]], [[0, 1]], [[1, 1]], []]);
  assert.deepEqual(await listed('to'), [
    [
      [1, 2],
      [2, 1],
    ],
    [
      [0, 2],
      [3, 1],
    ],
    [],
    [],
    [],
  ]);
});
