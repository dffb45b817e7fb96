import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKernels, createReferenceKernels, type Kernels } from '../kernels/index.js';
import { near, numericGradients, smallBatch, smallTrain } from '../testing/checks.js';
import type { PairBatch, TrainableModel } from './_model.js';
import { modelOf } from './index.js';

const make = (k: Kernels, options: Readonly<Record<string, unknown>> = {}): TrainableModel => {
  const spec = modelOf('cml');
  const parsed = spec.options.parse({ dim: 3, batchSize: 5, initScale: 0.5, ...options });
  return spec.create({ kernels: k, train: smallTrain, seed: 3 }, parsed) as TrainableModel;
};

const lengths = (model: TrainableModel): number[] =>
  model.parameters.flatMap((p) =>
    Array.from({ length: p.shape[0]! }, (_, r) => Math.hypot(...p.values.subarray(r * 3, (r + 1) * 3))),
  );

test('points start within the ball and are put back into it after a step', () => {
  for (const k of [createReferenceKernels('f64'), createKernels({ threads: 1, memoryLimit: 2 ** 26 })]) {
    const model = make(k, { initScale: 5, clip: 0.75 });
    assert.ok(lengths(model).every((x) => x <= 0.75 + 1e-6));
    for (const p of model.parameters) p.values.fill(0.6, 0, 6);
    model.afterStep!();
    assert.ok(lengths(model).every((x) => x <= 0.75 + 1e-6));
    assert.ok(Math.abs(lengths(model)[0]! - 0.75) < 1e-6);
    k.close();
  }
});

/** Two interactions with three sampled items each. */
const threeEach = (k: Kernels): PairBatch => {
  const ints = (values: number[]) => {
    const array = k.ints(values.length);
    array.set(values);
    return array;
  };
  const [users, positives, negatives] = [ints([0, 3]), ints([2, 9]), ints([4, 7, 10, 4, 1, 6])];
  return { kind: 'pairs', size: 2, users, positives, negatives, perPositive: 3, epoch: 1, index: 0 };
};

test('the loss and its gradient count every sampled negative, or only the closest one of each interaction', () => {
  const k = createReferenceKernels('f64');
  for (const lossNegatives of ['all', 'hardest'] as const) {
    const model = make(k, { lossNegatives, margin: 0.4, negatives: 3 });
    const batch = threeEach(k);
    const [p, q] = model.parameters.map((x) => x.values);
    const distance = (u: number, i: number) =>
      Math.hypot(...[0, 1, 2].map((d) => p![u * 3 + d]! - q![i * 3 + d]!)) ** 2;
    let expected = 0;
    for (let b = 0; b < 2; b++) {
      const u = batch.users[b]!;
      const drawn = Array.from(batch.negatives.subarray(3 * b, 3 * b + 3), (i) => distance(u, i));
      const counted = lossNegatives === 'all' ? drawn : [Math.min(...drawn)];
      for (const d of counted) expected += Math.max(0, 0.4 + distance(u, batch.positives[b]!) - d);
    }
    assert.ok(expected > 0.1);
    assert.ok(Math.abs(model.accumulate(batch) - expected) < 1e-12);
    const gradients = model.parameters.map((x) => Float64Array.from(x.gradient));
    numericGradients(model.parameters, () => model.accumulate(batch)).forEach((numeric, n) => {
      for (const [at, g] of numeric.entries())
        near(gradients[n]![at]!, g, 1e-7, `${lossNegatives}: gradient ${n}[${at}]`);
    });
    model.close();
  }
});

test('only points of pairs within the margin have a gradient', () => {
  const k = createReferenceKernels('f64');
  const model = make(k, { margin: 0.5 });
  const [users, items] = model.parameters;
  users!.values.fill(0);
  items!.values.fill(0);
  // User 0 at the origin: items 4 and 7 far away, item 2 with it; user 5 and items 2, 10 at one place.
  for (const i of [4, 7]) items!.values[i * 3] = 1;
  const batch = smallBatch(k, 'pairs') as PairBatch;
  model.accumulate(batch);
  assert.ok(
    users!.gradient.subarray(0, 3).every((g) => g === 0),
    'all that user 0 is shown is far enough',
  );
  assert.ok(items!.gradient.subarray(12, 15).every((g) => g === 0));
  model.close();
});

test('tables follow the points, and their gradients reach the points once', () => {
  const k = createReferenceKernels('f64');
  const model = make(k);
  const [users, items] = model.parameters;
  users!.values.fill(0.1);
  items!.values.fill(0.2);
  model.forward!(smallBatch(k, 'pairs'));
  const f = model.factors!();
  let score = 0;
  for (let d = 0; d < f.dim; d++) score += f.userFactors[d]! * f.itemFactors[d]!;
  assert.ok(Math.abs(score + 0.03) < 1e-12);
  f.userGradient[0] = 1;
  f.itemGradient[f.dim - 2] = 1;
  assert.equal(model.factors!(), f, 'another loss of the same batch adds to the same gradients');
  model.backward!();
  // The first column of a user's table is 2p; column dim - 2 of an item's is -|q|^2.
  assert.equal(users!.gradient[0], 2);
  assert.deepEqual(Array.from(items!.gradient.subarray(0, 3)), [-0.4, -0.4, -0.4]);
  model.forward!(smallBatch(k, 'pairs'));
  model.factors!();
  model.backward!();
  assert.equal(users!.gradient[0], 2);
  model.close();
});
