import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../../data/interactions.js';
import type { Rankings } from '../../data/rankings.js';
import { createReferenceKernels, takeRows } from '../../kernels/index.js';
import { sampledSoftmaxLoss, softmaxListLoss } from '../../losses/index.js';
import { newSelection } from '../curriculum/knowledge.js';
import type { DistillContext, TeacherKnowledge } from '../index.js';
import { createSoftmaxLists } from './lists.js';

const k = createReferenceKernels('f64');
const train = fromPairs(2, 8, [0, 1], [0, 1]);
const shared = { importance: 'rank', temperature: 40, cutoff: 100, topK: 3 } as const;

function teacher(lists: readonly (readonly number[])[]): TeacherKnowledge {
  const depth = Math.max(...lists.map((list) => list.length));
  const items = Int32Array.from(lists.flatMap((list) => [...list, ...Array(depth - list.length).fill(-1)] as number[]));
  const rankings: Rankings = { nUsers: 2, nItems: 8, depth, items };
  return { teacher: 't', dataFingerprint: '', checkpoints: [{ epoch: 1, metrics: {}, rankings }] };
}

const listsOf = (teachers: readonly TeacherKnowledge[], o: object) => {
  const own = takeRows(k, { columns: 8, indptr: train.indptr, indices: train.indices });
  const context = { kernels: k, train, teachers } as unknown as DistillContext;
  const lists = createSoftmaxLists(context, own, { ...shared, ...{ weights: 'log2', lists: 'fused', ...o } });
  const rows = lists.take(newSelection(2, teachers.length));
  return [0, 1].map((user) => {
    const [from, to] = [rows.indptr[user]!, rows.indptr[user + 1]!];
    return Array.from(rows.indices.subarray(from, to), (item, at) => [item, rows.weights[from + at]]);
  });
};

test('an item has the weight of its rank; own items are left out and hold no rank', () => {
  const one = [teacher([[5, 0, 3, 7, 2], [1]])];
  assert.deepEqual(listsOf(one, {}), [
    [
      [3, 1 / Math.log2(3)],
      [5, 1],
      [7, 1 / Math.log2(4)],
    ],
    [],
  ]);
  assert.deepEqual(listsOf(one, { weights: 'equal' })[0], [
    [3, 1],
    [5, 1],
    [7, 1],
  ]);
});

test('several teachers: the list of their ensemble, or every list with an equal share', () => {
  const two = [teacher([[5, 3], [2]]), teacher([[3, 6], [2]])];
  assert.deepEqual(listsOf(two, { weights: 'equal' })[0], [
    [3, 1],
    [5, 1],
    [6, 1],
  ]);
  assert.deepEqual(listsOf(two, { lists: 'each', weights: 'equal' }), [
    [
      [3, 1],
      [5, 0.5],
      [6, 0.5],
    ],
    [[2, 1]],
  ]);
});

test('the sampled loss with all items is the whole loss, and its gradient is that of finite differences', () => {
  const scores = Float64Array.from({ length: 10 }, (_, i) => Math.sin(3 * i));
  const [listed, own, rest] = [
    [7, 2, 4],
    [0, 9],
    [1, 3, 5, 6, 8],
  ];
  const weights = [1, 0.6, 0.5];
  const setting = { temperature: 1.5, ownWeight: 0.7 };
  const whole = new Float64Array(10);
  const expected = softmaxListLoss(scores, { listed, weights, own, ...setting }, whole);
  const order = [...listed, ...own, ...rest];
  const part = Float64Array.from(order, (item) => scores[item]!);
  const row = { weights, own: 2, ownTotal: 2, remainder: 5, ...setting };
  const gradient = new Float64Array(10);
  assert.ok(Math.abs(sampledSoftmaxLoss(part, row, gradient) - expected) < 1e-12);
  for (const [at, item] of order.entries()) assert.ok(Math.abs(gradient[at]! - whole[item]!) < 1e-12, `item ${item}`);
  // A part of the own and of the remaining items.
  const some = { weights, own: 1, ownTotal: 4, remainder: 20, ...setting };
  const few = part.slice(0, 7);
  const out = new Float64Array(7);
  sampledSoftmaxLoss(few, some, out);
  for (let i = 0; i < 7; i++) {
    const at = (x: number) => sampledSoftmaxLoss(few.with(i, few[i]! + x), some, new Float64Array(7));
    assert.ok(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - out[i]!) < 1e-8, `score ${i}`);
  }
});
