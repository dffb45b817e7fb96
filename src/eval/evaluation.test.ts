import assert from 'node:assert/strict';
import { test } from 'node:test';
import { union } from '../data/index.js';
import { refusedAs, smallData } from '../runs/small.test.support.js';
import { createEvaluator, evaluationFor, LIST_LENGTH } from './evaluation.js';

test('K above the number of items, or no whole number, is refused with the number of items', async () => {
  const dataset = await smallData();
  const nItems = dataset.train.nItems;
  for (const k of [nItems + 1, 1e9, 2.5]) {
    const refused = refusedAs(
      'bad-option',
      new RegExp(`"at" of evaluation is ${k}; .*1 to the number of items, ${nItems}`),
    );
    assert.throws(() => createEvaluator(dataset, { at: [5, k], selectBy: 'recall@5' }), refused);
  }
  assert.equal(createEvaluator(dataset, { at: [nItems], selectBy: `ndcg@${nItems}` }).depth, nItems);
});

test('selection by a metric that is not evaluated is refused with the evaluated ones', async () => {
  const dataset = await smallData();
  for (const selectBy of ['recall@10', 'recal@5', 'recall', '']) {
    const refused = refusedAs('bad-option', /"selectBy" of evaluation is .*; expected one of recall@5, /);
    assert.throws(() => createEvaluator(dataset, { at: [5], selectBy }), refused);
  }
});

test('list lengths follow the catalogue, and the metric that selects follows the list lengths', () => {
  const chosen = (nItems: number, given: object = {}) => evaluationFor(given, { nItems });
  assert.deepEqual(chosen(25_000), { at: [10, 50], selectBy: 'recall@50' });
  assert.deepEqual(chosen(100), { at: [10, 50], selectBy: 'recall@50' });
  assert.deepEqual(chosen(54), { at: [10, 27], selectBy: 'recall@27' });
  assert.deepEqual(chosen(20), { at: [5, 10], selectBy: 'recall@10' });
  assert.deepEqual(chosen(3), { at: [1], selectBy: 'recall@1' });
  assert.deepEqual(chosen(2), { at: [1], selectBy: 'recall@1' });
  assert.deepEqual(chosen(25_000, { at: [5, 20, 10] }), { at: [5, 20, 10], selectBy: 'recall@20' });
  // A list of the whole catalogue has a recall of 1.
  assert.deepEqual(chosen(20, { at: [5, 10, 20] }), { at: [5, 10, 20], selectBy: 'recall@10' });
  assert.deepEqual(chosen(20, { at: [20, 15] }), { at: [20, 15], selectBy: 'recall@15' });
  assert.deepEqual(chosen(20, { at: [5], selectBy: 'ndcg@5' }), { at: [5], selectBy: 'ndcg@5' });
  const once = chosen(20);
  assert.deepEqual(chosen(20, once), once);
});

test('valid is evaluated without train items, test without train and valid items, with lists that are long enough', async () => {
  const dataset = await smallData();
  const evaluator = createEvaluator(dataset, { at: [5, 10], selectBy: 'ndcg@10' });
  assert.equal(evaluator.depth, Math.min(LIST_LENGTH, dataset.train.nItems));
  assert.equal(evaluator.mask.valid, dataset.train);
  assert.deepEqual(evaluator.mask.test, union(dataset.train, dataset.valid));
});

test('a ranking that puts the relevant items first is perfect in valid and in test', async () => {
  const dataset = await smallData();
  const evaluator = createEvaluator(dataset, { at: [5, 10], selectBy: 'ndcg@10' });
  const { nUsers, nItems } = dataset.train;
  const perfect = (part: typeof dataset.valid) => {
    const lists = new Int32Array(nUsers * nItems).fill(-1);
    for (let u = 0; u < nUsers; u++) lists.set(part.indices.subarray(part.indptr[u]!, part.indptr[u + 1]!), u * nItems);
    return { nUsers, nItems: nItems, depth: nItems, items: lists };
  };
  const valid = evaluator.valid(perfect(dataset.valid));
  assert.equal(evaluator.select(valid), 1);
  assert.equal(valid.means['ndcg@5'], 1);
  const test = evaluator.test(perfect(dataset.test));
  assert.deepEqual([test.means['ndcg@10'], test.means['mrr@10']], [1, 1]);
  assert.ok(evaluator.select(evaluator.valid(perfect(dataset.test))) < 0.5);
  const byCoverage = createEvaluator(dataset, { at: [5], selectBy: 'coverage@5' });
  assert.ok(byCoverage.select(byCoverage.valid(perfect(dataset.valid))) > 0);
});
