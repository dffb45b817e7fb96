/** Models of histories: what is left out, scores of given histories, and the losses with the target left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs, itemsOf } from '../data/interactions.js';
import { createKernels, createReferenceKernels, type Kernels, takeRows } from '../kernels/index.js';
import { gradientsMatch, intsIn, smallBatch, smallTrain, spread } from '../testing/checks.js';
import type { HistoryTables, TrainableModel } from './_model.js';
import { fism } from './fism.js';
import { createHistorySplit } from './history-split.js';

const make = (k: Kernels, options: object, train = smallTrain): TrainableModel =>
  fism.create({ kernels: k, train, seed: 3 }, fism.options.parse({ dim: 3, batchSize: 5, ...options }));

const rowOf = ({ indptr, indices }: { indptr: Int32Array; indices: Int32Array }, r: number): number[] => [
  ...indices.subarray(indptr[r]!, indptr[r + 1]!),
];

const long = fromPairs(3, 1000, [...Array<number>(1000).fill(0), 1, 2, 2], [...Array(1000).keys(), 4, 5, 6]);

test('the items left out and the items kept are all items; the weights stand for all of them', () => {
  const k = createReferenceKernels();
  for (const dropout of [0, 0.3, 0.9]) {
    const split = createHistorySplit(k, long, { dropout, targets: true, seed: 7, purpose: 'test' });
    const draws = new Set<string>();
    for (const epoch of [1, 2, 3]) {
      const { kept, leftOut } = split.at(epoch);
      for (const user of [0, 1, 2]) {
        const [inside, outside] = [rowOf(kept, user), rowOf(leftOut, user)];
        assert.deepEqual(
          [...inside, ...outside].sort((a, b) => a - b),
          [...itemsOf(long, user)],
        );
        const weights = leftOut.weights.subarray(leftOut.indptr[user]!, leftOut.indptr[user + 1]!);
        const sum = Array.from(weights).reduce((a, b) => a + b, 0);
        if (user !== 1) assert.ok(inside.length > 0 && Math.abs(sum - itemsOf(long, user).length) < 1e-3);
      }
      const share = rowOf(leftOut, 0).length / 1000;
      assert.ok(dropout === 0 ? share === 0.001 : Math.abs(share - dropout) < 0.06, `${share} of ${dropout}`);
      draws.add(rowOf(leftOut, 0).join());
    }
    assert.equal(draws.size, 3, 'every epoch draws again');
    const again = createHistorySplit(k, long, { dropout, targets: true, seed: 7, purpose: 'test' });
    assert.deepEqual(rowOf(again.at(2).kept, 0), rowOf(split.at(2).kept, 0));
    split.close();
    again.close();
  }
  assert.equal(k.bytesInUse, 0);
});

test('scores of given histories: those of scoreRows for train items in any order, and those of the tables', () => {
  for (const k of [createReferenceKernels('f64'), createKernels({ threads: 2, memoryLimit: 64e6 })]) {
    for (const options of [{}, { biases: false, exponent: 1 }, { exponent: 0.3 }]) {
      const model = make(k, options, long);
      spread(model.parameters);
      const users = intsIn(k, [0, 1, 2]);
      const [rows, given] = [k.floats(3000), k.floats(5000)];
      model.scoreRows(users, rows);
      const lists = [[6, 5], [...itemsOf(long, 0)].reverse(), [], [4], [9, 3, 500]];
      const indptr = Int32Array.from([0, 2, 1002, 1002, 1003, 1006]);
      const histories = takeRows(k, { columns: 1000, indptr, indices: Int32Array.from(lists.flat()) });
      model.histories!.score(histories, given);
      const part = (from: ArrayLike<number>, r: number) => Array.from(from).slice(r * 1000, (r + 1) * 1000);
      assert.deepEqual(part(given, 0), part(rows, 2));
      assert.deepEqual(part(given, 1), part(rows, 0));
      assert.deepEqual(part(given, 3), part(rows, 1));
      const tables = model.historyTables!();
      for (const [r, list] of lists.entries())
        for (const [i, score] of part(given, r).entries())
          assert.ok(Math.abs(score - scoreOf(tables, list, i)) < 1e-3 * Math.max(1, Math.abs(score)), `${r} ${i}`);
      model.close();
    }
    k.close();
  }
});

function scoreOf({ inputFactors, itemFactors, itemBiases, dim, exponent }: HistoryTables, list: number[], i: number) {
  let score = itemBiases?.[i] ?? 0;
  for (let d = 0; d < dim && list.length > 0; d++) {
    const sum = list.reduce((total, j) => total + inputFactors[j * dim + d]!, 0);
    score += sum * list.length ** -exponent * itemFactors[i * dim + d]!;
  }
  return score;
}

test('BPR: the gradient is that of the loss with the positive left out of the history, at any dropout', () => {
  for (const options of [
    { historyDropout: 0 },
    { historyDropout: 0.4, negatives: 2 },
    { biases: false, exponent: 1 },
  ]) {
    const k = createReferenceKernels('f64');
    const model = make(k, { loss: 'bpr', ...options });
    spread(model.parameters);
    const pairs = smallBatch(k, 'pairs');
    assert.ok(pairs.kind === 'pairs');
    const twice = { ...pairs, perPositive: 2, negatives: intsIn(k, [4, 1, 4, 0, 2, 8, 10, 3, 7, 6]) };
    const batch = 'negatives' in options ? twice : pairs;
    const lossAt = (): number => {
      model.forward!(batch);
      const loss = model.accumulate(batch);
      model.backward!();
      return loss;
    };
    assert.ok(gradientsMatch(model.parameters, lossAt, '') > 1e-3);
    model.close();
  }
});

test('the softmax and its sampled form: gradients of their losses; all items in the sample give the whole loss', () => {
  const losses = [undefined, 1, 3, 10, 11].map((samples) => {
    const k = createReferenceKernels('f64');
    const model = make(k, samples === undefined ? {} : { samples });
    spread(model.parameters);
    const batch = smallBatch(k, 'rows');
    const lossAt = (): number => {
      model.forward!(batch);
      const loss = model.accumulate(batch);
      model.backward!();
      return loss;
    };
    const [loss] = [lossAt()];
    for (const p of model.parameters) p.gradient.fill(0);
    assert.ok(gradientsMatch(model.parameters, lossAt, '') > 1e-3);
    model.close();
    return loss;
  });
  assert.ok(Math.abs(losses[0]! - losses.at(-1)!) < 1e-12 && Math.abs(losses[0]! - losses.at(-2)!) < 1e-12);
  assert.notEqual(losses[0], losses[1]);
});

test('inputL2 adds inputL2 * vector for each history that has the item', () => {
  const gradientOf = (inputL2: number) => {
    const k = createReferenceKernels('f64');
    const model = make(k, { inputL2, historyDropout: 0, loss: 'bpr' });
    const users = intsIn(k, [3, 0, 2, 5]);
    const batch = { kind: 'rows', size: 4, users, epoch: 1, index: 0 } as const;
    model.forward!(batch);
    const { userGradient } = model.factors!(users);
    for (const user of users) userGradient[user * 4] = 1;
    model.backward!();
    return { gradient: model.parameters[0]!.gradient, values: model.parameters[0]!.values };
  };
  const [without, penalised] = [gradientOf(0), gradientOf(0.5)];
  for (const [at, g] of penalised.gradient.entries()) {
    const item = Math.floor(at / 3);
    const times = [3, 0, 2, 5].filter((user) => itemsOf(smallTrain, user).includes(item)).length;
    assert.ok(Math.abs(g - without.gradient[at]! - 0.5 * times * penalised.values[at]!) < 1e-12);
  }
});

test('a user with 100,000 items, a user with one and a catalogue of one item can be trained', () => {
  const many = fromPairs(2, 100_000, [...Array<number>(100_000).fill(0), 1], [...Array(100_000).keys(), 3]);
  const k = createKernels({ threads: 1, memoryLimit: 256e6 });
  const users = intsIn(k, [0, 1]);
  for (const loss of ['softmax', 'bpr'] as const) {
    const model = make(k, { loss }, many);
    const place = { epoch: 1, index: 0 };
    const pairs = {
      users: intsIn(k, [0, 0, 1]),
      positives: intsIn(k, [99_999, 0, 3]),
      negatives: intsIn(k, [1, 2, 4]),
    };
    const batch =
      loss === 'softmax'
        ? ({ kind: 'rows', size: 2, users, ...place } as const)
        : ({ kind: 'pairs', size: 3, perPositive: 1, ...pairs, ...place } as const);
    model.forward!(batch);
    assert.ok(Number.isFinite(model.accumulate(batch)));
    model.backward!();
    for (const p of model.parameters) assert.ok(p.gradient.every(Number.isFinite));
    model.close();
    const one = make(k, { loss }, fromPairs(2, 1, [0, 1], [0, 0]));
    const out = k.floats(2);
    one.scoreRows(users, out);
    one.forward!(loss === 'softmax' ? batch : { ...batch, kind: 'rows', users });
    one.backward!();
    assert.ok(out.every(Number.isFinite));
    one.close();
  }
  k.close();
});

test('options of the other loss are refused', () => {
  const check = (options: object) => () => fism.check!(fism.options.parse(options));
  const refused = { code: 'bad-option' };
  check({})();
  check({ loss: 'bpr', negatives: 3, l2Scope: 'batch', avoid: 'held-out' })();
  for (const idle of [{ negatives: 3 }, { l2Scope: 'batch' }, { avoid: 'held-out' }, { sampler: 'popularity' }])
    assert.throws(check(idle), refused);
  assert.throws(check({ loss: 'bpr', samples: 3 }), refused);
});
