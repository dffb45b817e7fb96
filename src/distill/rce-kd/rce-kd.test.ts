/** RCE-KD and plain cross-entropy: identities, draws against their probabilities, short lists, teachers without scores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../../data/interactions.js';
import { createReferenceKernels } from '../../kernels/index.js';
import { listCrossEntropy, softmaxOf } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import { drawSet } from '../draw.js';
import { type DistillContext, isCoTrained, methodOf, type TeacherKnowledge } from '../index.js';
import { createTeacherLogits } from '../teacher-logits.js';
import { itemsBehind, sampleLogWeights, secondItems, secondWeight } from './items.js';
import { rceLoss } from './loss.js';

const scores = Float64Array.of(0.3, -1.2, 2, 0.7, -0.4, 1.1);
const logits = Float64Array.of(1, 0.2, -0.5, 0.9, 1.4, 0);

function targetOf(first: number): Float64Array {
  const target = logits.slice();
  for (const part of [target.subarray(0, first), target.subarray(first)]) softmaxOf(part, 2, part);
  return target;
}

test('with beta 0 the loss is the cross-entropy of the second list', () => {
  const gamma = secondWeight(Int32Array.of(1, 2, 3), Int32Array.of(2, 3, 4), 0, new Uint8Array(9));
  assert.equal(gamma, 1);
  const [target, gradient, alone] = [targetOf(2), new Float64Array(6), new Float64Array(4)];
  const loss = rceLoss(scores, { first: 2, target, gamma, temperature: 2 }, gradient);
  assert.equal(loss, listCrossEntropy(scores.subarray(2), target.subarray(2), 2, 1, alone));
  assert.deepEqual([...gradient].map(Math.abs), [0, 0, ...alone].map(Math.abs));
});

test('without a list of the student and without samples it is plain cross-entropy', () => {
  const top = Int32Array.of(4, 0, 7);
  const none = new Int32Array(0);
  const out = new Int32Array(3);
  const n = secondItems({ teacherTop: top, studentTop: none, sampled: none }, out, new Uint8Array(9));
  assert.deepEqual([...out.subarray(0, n)], [...top]);
  const target = targetOf(0);
  const gamma = secondWeight(top, none, 3, new Uint8Array(9));
  const [one, other] = [new Float64Array(6), new Float64Array(6)];
  const loss = rceLoss(scores, { first: 0, target, gamma, temperature: 2 }, one);
  assert.equal(loss, listCrossEntropy(scores, target, 2, 1, other));
  assert.deepEqual(one, other);
});

test('where both lists are equal the weight of the second loss is exp(-beta), also for lists shorter than topK', () => {
  for (const list of [Int32Array.of(3), Int32Array.of(5, 1, 2)])
    assert.equal(secondWeight(list, list, 3, new Uint8Array(9)), Math.exp(-3));
});

test('the gradient is that of the loss, at large scores too', () => {
  for (const factor of [1, 300]) {
    const s = scores.map((x) => x * factor);
    const row = { first: 3, target: targetOf(3), gamma: 0.3, temperature: 2 };
    const gradient = new Float64Array(6);
    assert.ok(Number.isFinite(rceLoss(s, row, gradient)));
    s.forEach((value, at) => {
      const h = 1e-5;
      const loss = (x: number) => rceLoss(s.with(at, x), row, new Float64Array(6));
      const numeric = (loss(value + h) - loss(value - h)) / (2 * h);
      assert.ok(Math.abs(numeric - gradient[at]!) < 1e-6, `${numeric}, ${gradient[at]}`);
    });
  }
});

test('the first sample of a user has the golden probabilities (chi-squared)', () => {
  const request = { teacherTop: Int32Array.of(0, 9, 5, 7), studentRanking: Int32Array.of(1, 2, 5, 3, 0, 4), topK: 2 };
  const places = new Int32Array(10).fill(-1);
  for (const rule of ['paper', 'code'] as const) {
    const weights = sampleLogWeights(itemsBehind({ ...request, rule }, places), rule, 1);
    const probability = weights.slice();
    softmaxOf(probability, 1, probability);
    const DRAWS = 20_000;
    const seen = new Float64Array(6);
    for (let user = 0; user < DRAWS; user++) seen[drawSet(weights, 1, stream(4, rule), 1, user)[0]!]! += 1;
    const chi = seen.reduce((sum, n, at) => sum + (n - DRAWS * probability[at]!) ** 2 / (DRAWS * probability[at]!), 0);
    // The 99.9 % quantile with 5 degrees of freedom.
    assert.ok(chi < 20.5, `${rule}: chi-squared ${chi}`);
  }
  assert.ok(places.every((p) => p === -1));
});

test('logits from ranks: masked items are skipped, and items outside the list come after it', () => {
  const train = fromPairs(1, 8, [0], [3]);
  const rankings = { nUsers: 1, nItems: 8, depth: 4, items: Int32Array.of(5, 3, 1, -1) };
  const found = createTeacherLogits(createReferenceKernels('f64'), 4, rankings, undefined, train, 10);
  assert.deepEqual([...found.top(0, 10)], [5, 1]);
  const out = new Float64Array(4);
  found.write(0, Int32Array.of(1, 5, 0, 7), out);
  assert.deepEqual([...out], [-0.2, -0.1, -0.3, -0.3]);
});

test('lists over all items need the scores of a single teacher', async () => {
  const train = fromPairs(2, 8, [0, 1], [0, 1]);
  const rankings = { nUsers: 2, nItems: 8, depth: 3, items: Int32Array.of(1, 2, 3, 4, 5, 6) };
  const teacher: TeacherKnowledge = {
    teacher: 't',
    dataFingerprint: '',
    checkpoints: [{ epoch: 1, metrics: {}, rankings }],
  };
  const spec = methodOf('rce-kd');
  assert.ok(!isCoTrained(spec));
  const context = { kernels: createReferenceKernels('f64'), train, teachers: [teacher], seed: 1 };
  await assert.rejects(
    async () => spec.create(context as unknown as DistillContext, spec.options.parse({ lists: 'all' })),
    { code: 'needs-not-met' },
  );
});
