import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runJob } from './job.js';
import { knowledgeOf } from './outcome.js';
import { evaluation, kernels, quick, smallData } from './small.test.support.js';

test('a teacher without a table of users has one for methods that read embeddings', async () => {
  const dataset = await smallData();
  const base = { dataset, kernels, evaluation };
  for (const biases of [true, false]) {
    const teacher = await runJob({ ...base, model: 'fism', options: { ...quick, biases } }, (model) => {
      const { nUsers, nItems } = model;
      const scores = kernels.floats(nUsers * nItems);
      const users = kernels.ints(nUsers);
      for (let u = 0; u < nUsers; u++) users[u] = u;
      model.scoreRows(users, scores);
      made = { nItems, scores: Float32Array.from(scores) };
      kernels.free(scores, users);
    });
    const { tables } = knowledgeOf(teacher.teacher, dataset.train);
    assert.ok(tables && made);
    const { userFactors, itemFactors, dim } = tables;
    assert.equal(dim, biases ? 5 : 4);
    made.scores.forEach((score, at) => {
      const [u, i] = [Math.floor(at / made!.nItems), at % made!.nItems];
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += userFactors[u * dim + d]! * itemFactors[i * dim + d]!;
      assert.ok(Math.abs(sum - score) < 1e-5, `user ${u}, item ${i}: ${sum}, not ${score}`);
    });
    const options = { ...quick, dim: 2, lambda: 0.1, experts: 3 };
    const student = await runJob({ ...base, model: 'bpr-mf', method: 'de', options, teachers: [teacher.teacher] });
    assert.ok(Number.isFinite(student.result.metrics['recall@10']!));
  }
});

let made: { readonly nItems: number; readonly scores: Float32Array } | undefined;
