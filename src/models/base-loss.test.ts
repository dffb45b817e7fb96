/** The softmax over all items as base loss: its value, weights of interactions, and its sampled form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs, type Interactions, itemsOf } from '../data/interactions.js';
import { createReferenceKernels } from '../kernels/index.js';
import { intsIn, smallTrain, spread } from '../testing/checks.js';
import type { RowBatch } from './_model.js';
import { lightgcn } from './lightgcn.js';
import { mf } from './mf.js';

function lossOf(train: Interactions, users: readonly number[], options: object, epoch = 1) {
  const k = createReferenceKernels('f64');
  const model = mf.create({ kernels: k, train, seed: 3 }, mf.options.parse({ dim: 3, batchSize: 7, ...options }));
  spread(model.parameters);
  const batch: RowBatch = { kind: 'rows', size: users.length, users: intsIn(k, users), epoch, index: 0 };
  const scores = k.floats(train.nUsers * train.nItems);
  model.scoreRows(intsIn(k, [...Array(train.nUsers).keys()]), scores);
  const loss = model.accumulate(batch);
  model.close();
  const rowOf = (u: number) => Array.from(scores).slice(u * train.nItems, (u + 1) * train.nItems);
  return { loss, rowOf };
}

const logSum = (row: readonly number[]) => Math.log(row.reduce((sum, s) => sum + Math.exp(s), 0));

test('the loss is the cross-entropy over all items, summed over the items of the users, by relative weights', () => {
  const users = [3, 0, 2, 5];
  const weights = Float32Array.from(smallTrain.indices, (_, at) => 1 + (at % 3));
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length;
  for (const train of [smallTrain, { ...smallTrain, weights }]) {
    const { loss, rowOf } = lossOf(train, users, {});
    let expected = 0;
    for (const u of users) {
      for (const [at, item] of itemsOf(train, u).entries()) {
        const weight = 'weights' in train ? weights[train.indptr[u]! + at]! / mean : 1;
        expected += weight * (logSum(rowOf(u)) - rowOf(u)[item]!);
      }
    }
    assert.ok(Math.abs(loss - expected) < 1e-9, `${loss}, expected ${expected}`);
  }
});

test('sampled: the sum over all items is estimated without bias, and more samples are nearer to it', () => {
  const train = fromPairs(1, 60, [0], [7]);
  const errors = [2, 10, 40].map((samples) => {
    const draws = Array.from({ length: 300 }, (_, at) => {
      const { loss, rowOf } = lossOf(train, [0], { samples }, at + 1);
      return Math.exp(loss + rowOf(0)[7]!) / Math.exp(logSum(rowOf(0)));
    });
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    assert.ok(Math.abs(mean - 1) < 0.02, `${samples} samples: mean ${mean}`);
    return Math.sqrt(draws.reduce((sum, x) => sum + (x - 1) ** 2, 0) / draws.length);
  });
  assert.ok(errors[0]! > 1.5 * errors[1]! && errors[1]! > 1.5 * errors[2]!, errors.join());
});

test('lightgcn trains with either loss, on the batches of that loss', () => {
  const k = createReferenceKernels('f64');
  const make = (options: object) =>
    lightgcn.create({ kernels: k, train: smallTrain, seed: 3 }, lightgcn.options.parse({ dim: 3, ...options }));
  const [bpr, softmax] = [make({}), make({ loss: 'softmax', batchSize: 4 })];
  assert.deepEqual([bpr.batches, softmax.batches], ['pairs', 'rows']);
  const mixed = lightgcn.options.parse({ loss: 'softmax', sampler: 'popularity' });
  assert.throws(() => lightgcn.check!(mixed), /sampler.*expected its default uniform/);
  bpr.close();
  softmax.close();
});
