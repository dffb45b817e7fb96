/** Plans on users who are held out whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf } from '../../data/index.js';
import { fuseRankings, importanceOptions } from '../../distill/ensemble/index.js';
import { createEvaluator } from '../../eval/index.js';
import { logRange } from '../../options/search.js';
import { readFinishedRun } from '../../runs/finished.js';
import { foldedBpr, heldOutData, isHeldOut } from '../../runs/held-out.test.support.js';
import { runJob } from '../../runs/job.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL } from '../../runs/small.test.support.js';
import { preparePipeline, runPipeline } from './pipeline.js';
import { tune } from './tune.js';

const plan = {
  name: 'unseen',
  data: { data: SMALL, split: 'users' },
  evaluation,
  teachers: [
    { model: 'fism', ...quick },
    { model: foldedBpr.name, ...quick },
  ],
  students: [{ model: 'fism', ...quick, dim: 2, method: 'hetcomp', period: 1, topK: 20, discrepancyK: 10 }],
};

test('teachers, their ensemble and students are judged on the same held-out users', async () => {
  const runs = newFolder();
  const { rows, failed, dataset } = await runPipeline(plan, { kernels, runs });
  assert.deepEqual(failed, []);
  const data = await heldOutData();
  assert.equal(dataset.fingerprint, data.fingerprint);
  assert.deepEqual(
    rows.map(({ role }) => role),
    ['teacher', 'teacher', 'ensemble', 'size-matched', 'size-matched', 'student'],
  );
  for (const row of rows) {
    assert.deepEqual(
      [...row.evaluation.users],
      [...data.users.ids.keys()].filter((u) => isHeldOut(data, u) && itemsOf(data.test, u).length > 0),
      row.name,
    );
  }
  const lists = rows.slice(0, 2).map(({ folder }) => readFinishedRun(folder!).rankings);
  const fused = fuseRankings(lists, importanceOptions.parse({}), 80);
  const evaluator = createEvaluator(data, { at: [5, 10], selectBy: 'recall@10' });
  assert.deepEqual(rows[2]!.evaluation, evaluator.test(fused), 'the ensemble fuses the lists for the histories');
});

test('a plan with a model that cannot answer for histories is refused before anything is trained', async () => {
  const refused = refusedAs('needs-not-met', /neumf has no scores for the history/);
  const listen = ({ type }: { type: string }) => assert.notEqual(type, 'started');
  for (const part of ['baselines', 'teachers'] as const) {
    const before = part === 'teachers' ? plan.teachers : [];
    const given = { ...plan, [part]: [...before, { model: 'neumf' }] };
    await assert.rejects(preparePipeline(given, { kernels, listen }), refused);
  }
  const student = { ...plan, students: [{ model: 'neumf', method: 'softmax' }] };
  await assert.rejects(preparePipeline(student, { kernels, listen }), refused);
});

test('hidden interactions of train users are evaluated beside the held-out users', async () => {
  const given = { ...plan, setup: 'generalization', hiddenShare: 0.3 };
  const { rows, dataset } = await runPipeline(given, { kernels });
  assert.deepEqual(
    [...dataset.train.trainUsers!],
    [...dataset.users.ids.keys()].filter((u) => itemsOf(dataset.train, u).length > 0),
  );
  for (const { hidden, evaluation: judged } of rows) {
    assert.ok(judged.users.every((u) => isHeldOut(dataset, u)));
    assert.ok(hidden!.users.length > 0 && hidden!.users.every((u) => !isHeldOut(dataset, u)));
  }
});

test('a search judges its trials on the held-out users of valid, and refuses a model without histories', async () => {
  const dataset = await heldOutData();
  const setting = { ...{ dataset, kernels, evaluation, name: 'search' }, fixed: quick, options: { trials: 3 } };
  const { searches } = await tune({ ...setting, models: ['fism'], spaces: { fism: { l2: logRange(1e-5, 0.1) } } });
  const [{ trials } = assert.fail('no search')] = searches;
  assert.equal(trials.length, 3);
  const { result, teacher } = await runJob({
    ...{ dataset, kernels, evaluation, model: 'fism' },
    options: { ...quick, ...trials[0]!.options },
  });
  assert.equal(trials[0]!.value, teacher.trajectory.checkpoints.at(-1)!.metrics['recall@10'], result.model);
  await assert.rejects(
    tune({ ...setting, fixed: {}, models: ['neumf'] }),
    refusedAs('needs-not-met', /neumf has no scores for the history/),
  );
});
