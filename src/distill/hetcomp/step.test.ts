import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../../data/interactions.js';
import { createReferenceKernels } from '../../kernels/index.js';
import { createPairLearner, modelOf, type TrainableModel } from '../../models/index.js';
import type { DistillContext } from '../_method.js';
import { newSelection } from '../curriculum/knowledge.js';
import { createKnowledgeLists } from './lists.js';
import { createHetcompStep } from './step.js';

const ITEMS = 30;
const train = fromPairs(4, ITEMS, [0, 0, 0, 1, 3, 3], [2, 7, 9, 0, 1, 2]);

/** The loss and the gradients of one step of a student of the same parameters, given as `shape` says. */
function stepOf(options: object, shape: (model: TrainableModel) => TrainableModel, phase: 'overall' | 'fine') {
  const k = createReferenceKernels('f64');
  const spec = modelOf('bpr-mf');
  const model = spec.create(
    { kernels: k, train, seed: 2 },
    spec.options.parse({ dim: 3, initScale: 0.8 }),
  ) as TrainableModel;
  const items = Int32Array.from({ length: train.nUsers * 12 }, (_, n) => (n * 7 + 11) % ITEMS);
  const rankings = { nUsers: train.nUsers, nItems: ITEMS, depth: 12, items };
  const context: DistillContext = {
    ...{ kernels: k, student: shape(model as TrainableModel), train, batchSize: 4, batchesPerEpoch: 1, seed: 1 },
    teachers: [{ teacher: 't', dataFingerprint: '', checkpoints: [{ epoch: 1, metrics: {}, rankings }] }],
    rankStudent: async () => rankings,
    report() {},
  };
  const importance = { importance: 'rank', temperature: 10, cutoff: 100 } as const;
  const lists = createKnowledgeLists(context, { topK: 10, observedK: 2, ...importance, ...options });
  lists.rebuild(newSelection(train.nUsers, 1));
  const step = createHetcompStep(context, lists, { formulas: 'exact', observedK: 2, ...options }, train.nUsers);
  const users = k.ints(3);
  users.set([3, 0, 2]);
  const batch = { kind: 'rows', size: 3, users, epoch: 1, index: 0 } as const;
  const loss = step.accumulate(users, phase, 0.5, batch);
  const gradient = model.parameters.flatMap((p) => Array.from(p.gradient));
  step.close();
  lists.close();
  return { loss, gradient };
}

const same = (a: ReturnType<typeof stepOf>, b: ReturnType<typeof stepOf>, what: string) => {
  assert.ok(Math.abs(a.loss - b.loss) < 1e-9 * Math.abs(a.loss), what);
  for (const [n, g] of a.gradient.entries()) assert.ok(Math.abs(g - b.gradient[n]!) < 1e-9, `${what}: ${n}`);
};

const asNetwork = (model: TrainableModel): TrainableModel => {
  const { factors: _, ...rest } = model;
  const learner = createPairLearner(createReferenceKernels('f64'), model);
  return { ...rest, learnPairs: learner.learn, scorePairs: learner.score };
};

test('the fused kernel, score rows and sampling of all items give the same loss and gradient', () => {
  for (const phase of ['overall', 'fine'] as const) {
    const fused = stepOf({}, (m) => m, phase);
    assert.ok(fused.loss > 0 && fused.gradient.some((g) => Math.abs(g) > 1e-3));
    same(fused, stepOf({}, asNetwork, phase), `${phase}, rows`);
    same(
      fused,
      stepOf({ remainder: 1000 }, (m) => m, phase),
      `${phase}, drawn`,
    );
    same(fused, stepOf({ remainder: 1000 }, asNetwork, phase), `${phase}, drawn for a network`);
    assert.notEqual(stepOf({ remainder: 3 }, (m) => m, phase).loss, fused.loss);
  }
});

test('a student that can neither is refused', () => {
  const neither = (model: TrainableModel): TrainableModel => {
    const { factors: _, ...rest } = model;
    return rest;
  };
  assert.throws(() => stepOf({}, neither, 'fine'), /bpr-mf does not have the capability scores/);
});
