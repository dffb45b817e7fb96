/** Fold-in of histories gives what the student runtime gives for the same items. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeRows } from '../kernels/index.js';
import { makeModel, modelOf, tablesOf } from '../models/index.js';
import { createStudent, type FoldInOptions } from '../student/index.js';
import { spread } from '../testing/checks.js';
import { foldInHistories } from './fold-in-histories.js';
import { kernels, smallData } from './small.test.support.js';
import { servableOf, studentOf } from './student-bundle.js';

const lists = [[5, 0, 9], [], [3], [...Array(20).keys()].reverse()];
const source = (of: number[][], columns: number) => ({
  ...{ columns, indptr: Int32Array.of(0, ...of.map((_, r) => of.slice(0, r + 1).flat().length)) },
  indices: Int32Array.from(of.flat()),
});

for (const name of ['bpr-mf', 'mf', 'lightgcn', 'cml', 'cdae', 'ials']) {
  for (const weights of [{}, { l2: 3, unobserved: 0 }]) {
    test(`${name} folds in as its student does, with ${JSON.stringify(weights)}`, async () => {
      const dataset = await smallData();
      const { train, items } = dataset;
      const spec = modelOf(name);
      const context = { kernels, train, seed: 5 };
      const model = await makeModel(spec, context, spec.options.parse({ dim: 3 }));
      spread(model.parameters);
      const student = createStudent(studentOf(servableOf(spec, model)!, dataset));
      const histories = foldInHistories(kernels, tablesOf(model)!, weights);
      assert.equal(histories.by, 'fold-in');
      const scoresOf = (of: number[][]): number[][] => {
        const given = takeRows(kernels, source(of, train.nItems));
        const out = kernels.floats(of.length * train.nItems).fill(Number.NaN);
        histories.score(given, out);
        const rows = of.map((_, r) => Array.from(out.subarray(r * train.nItems, (r + 1) * train.nItems)));
        kernels.free(given.indptr, given.indices, out);
        return rows;
      };
      const scores = scoresOf(lists);
      const options: FoldInOptions = { ...weights, k: train.nItems, includeSeen: true };
      for (const [r, list] of lists.entries()) {
        if (list.length === 0) continue;
        const ids = list.map((item) => items.ids[item]!);
        for (const { itemId, score } of student.recommendFromItems(ids, options)) {
          const got = scores[r]![items.index.get(itemId)!]!;
          // The student adds up in another order.
          assert.ok(Math.abs(got - score) < 1e-5 * Math.max(1, Math.abs(score)), `${got} and ${score}`);
        }
      }
      const biases = student.model.itemBiases ?? new Float32Array(train.nItems);
      for (const [i, bias] of biases.entries())
        assert.ok(Math.abs(scores[1]![i]! - bias) < 1e-6 * (1 + Math.abs(bias)));
      assert.deepEqual(scoresOf(lists.map((list) => [...list].reverse())), scores);
      model.close();
    });
  }
}

test('weights out of range are refused, and all memory is given back', async () => {
  const { train } = await smallData();
  const spec = modelOf('bpr-mf');
  const model = await makeModel(spec, { kernels, train, seed: 5 }, spec.options.parse({ dim: 3 }));
  const given = takeRows(kernels, source([[1]], train.nItems));
  const out = kernels.floats(train.nItems);
  const before = kernels.bytesInUse;
  const histories = foldInHistories(kernels, tablesOf(model)!, { l2: 0 });
  assert.throws(() => histories.score(given, out), {
    code: 'bad-argument',
    message: /l2 is 0; expected a number above 0/,
  });
  assert.equal(kernels.bytesInUse, before);
  kernels.free(given.indptr, given.indices, out);
  model.close();
});
