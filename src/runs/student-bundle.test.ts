import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBundle } from '../bundle/index.js';
import type { Evaluation } from '../eval/index.js';
import { modelOf } from '../models/index.js';
import { runSync } from '../progress.js';
import { createStudent } from '../student/index.js';
import { jobFiles } from './finished.js';
import { kernels, newFolder, smallData } from './small.test.support.js';
import { madeStudent, servableOf, writingStudent } from './student-bundle.js';

test('a bundle of distances keeps the points and scores as the model does', async () => {
  const dataset = await smallData();
  const spec = modelOf('cml');
  const options = spec.options.parse({ dim: 3, initScale: 0.4 });
  const model = await spec.create({ kernels, train: dataset.train, seed: 5 }, options);
  const run = newFolder();
  const from = { model: 'cml', method: 'none', teachers: [], licence: 'none' };
  const evaluation = { means: { 'recall@10': 0.5 } } as unknown as Evaluation;
  runSync(writingStudent(run, madeStudent(servableOf(spec, model), dataset, evaluation, from), dataset, 'hash'));
  const bundle = await readBundle(join(run, jobFiles.student));
  assert.equal(bundle.model.dim, 3);
  const student = createStudent(bundle.model);
  const users = kernels.ints(model.nUsers);
  users.forEach((_, u) => {
    users[u] = u;
  });
  const scores = kernels.floats(model.nUsers * model.nItems);
  model.scoreRows(users, scores);
  for (const [u, userId] of dataset.users.ids.entries()) {
    for (const [i, itemId] of dataset.items.ids.entries()) {
      assert.ok(Math.abs(student.score(userId, itemId) - scores[u * model.nItems + i]!) < 1e-4);
    }
  }
  // Nearest by angle among the points themselves: columns of ones and of squares would pull all of them together.
  const q = bundle.model.itemFactors;
  const cosine = (i: number, j: number): number => {
    const [a, b] = [q.subarray(3 * i, 3 * i + 3), q.subarray(3 * j, 3 * j + 3)];
    return a.reduce((sum, v, d) => sum + v * b[d]!, 0) / Math.hypot(...a) / Math.hypot(...b);
  };
  const others = Array.from({ length: model.nItems - 1 }, (_, j) => j + 1);
  const nearest = others.reduce((best, j) => (cosine(0, j) > cosine(0, best) ? j : best));
  const similar = student.similarItems(dataset.items.ids[0]!, { k: 1 })[0]!;
  assert.equal(similar.itemId, dataset.items.ids[nearest]);
  assert.ok(Math.abs(similar.score - cosine(0, nearest)) < 1e-5);
  kernels.free(users, scores);
  model.close();
});

test('a model of histories has a bundle without users, whose popular items are those of train and valid', async () => {
  const dataset = await smallData();
  const spec = modelOf('cml');
  const made = await spec.create({ kernels, train: dataset.train, seed: 5 }, spec.options.parse({ dim: 3 }));
  const { nItems } = made;
  const wave = (length: number, step: number) => Float32Array.from({ length }, (_, j) => Math.sin((j + 1) * step));
  const tables = { inputFactors: wave(nItems * 4, 1.1), itemFactors: wave(nItems * 4, 2.3), dim: 4, exponent: 0.5 };
  const student = madeStudent(
    servableOf(spec, { ...made, historyTables: () => ({ ...tables, itemBiases: wave(nItems, 0.4) }) }),
    dataset,
    { means: { 'recall@5': 0.5 } } as unknown as Evaluation,
    { model: 'histories', method: 'none', teachers: [], licence: 'none' },
  )!;
  const run = newFolder();
  runSync(writingStudent(run, student, dataset, 'hash'));
  const { manifest, model } = await readBundle(join(run, jobFiles.student));
  assert.deepEqual([manifest.kind, manifest.answer, model.nUsers], ['items-only', 'history', 0]);
  assert.deepEqual(model, student.model);
  const counts = new Int32Array(nItems);
  for (const item of [...dataset.train.indices, ...dataset.valid.indices]) counts[item]! += 1;
  assert.equal(model.popular!.counts[0], Math.max(...counts));
  assert.equal(counts[model.popular!.items[0]!], model.popular!.counts[0]);
  made.close();
});
