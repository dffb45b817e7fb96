import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from '../library/evaluate.js';
import { train } from '../library/train.js';
import { evaluationTable } from '../report/index.js';
import { kernels, newFolder, quick, refusedAs, smallData } from '../runs/small.test.support.js';
import { compare } from './compare.js';
import { createEvaluator } from './evaluation.js';
import { sampleUsers } from './sample.js';

test('a sample has distinct users of whom something is held out, the same for the same data', async () => {
  const dataset = await smallData();
  const { valid, test: tested } = dataset;
  const heldOut = Array.from({ length: valid.nUsers }, (_, u) => u).filter((u) =>
    [valid, tested].some(({ indptr }) => indptr[u + 1]! > indptr[u]!),
  );
  const sample = sampleUsers(dataset, 20)!;
  assert.deepEqual([sample.users, sample.of, sample.chosen.length], [20, heldOut.length, 20]);
  assert.equal(new Set(sample.chosen).size, 20);
  assert.ok(sample.chosen.every((u) => heldOut.includes(u)));
  assert.deepEqual(sampleUsers(dataset, 20), sample);
  // A larger sample begins with the draws of a smaller one.
  const larger = sampleUsers(dataset, 30)!.chosen;
  assert.ok(sample.chosen.every((u) => larger.includes(u)));
  assert.equal(sampleUsers(dataset, undefined), undefined);
  assert.equal(sampleUsers(dataset, heldOut.length), undefined);
});

test('every user is drawn about equally often', () => {
  const nUsers = 1000;
  const all = {
    nUsers,
    nItems: 1,
    indptr: Int32Array.from({ length: nUsers + 1 }, (_, u) => u),
    indices: new Int32Array(nUsers),
  };
  const { chosen } = sampleUsers({ valid: all, test: all } as never, 500)!;
  const low = chosen.filter((u) => u < nUsers / 2).length;
  assert.ok(low > 200 && low < 300, `${low} of 500 in the first half`);
});

test('the values of a sample are those that the same users have among all, in valid and test', async () => {
  const data = await smallData();
  // A single evaluation, so that both keep the same epoch.
  const options = { data, kernels, ...quick, epochs: 2, evaluateEvery: 2 };
  const whole = await train('bpr-mf', options);
  const part = await train('bpr-mf', { ...options, evalUsers: 15 });
  assert.notEqual(whole.hash, part.hash);
  assert.equal(part.options.evalUsers, 15);
  assert.ok(!('evalUsers' in whole.options));
  const { chosen } = sampleUsers(data, 15)!;
  const { users, perUser, sample } = part.evaluation;
  assert.ok(users.every((u) => chosen.includes(u)));
  assert.deepEqual(sample, { users: 15, of: sampleUsers(data, 15)!.of });
  assert.deepEqual(part.rankings.items, whole.rankings.items);
  users.forEach((u, row) => {
    const before = whole.evaluation.users.indexOf(u);
    assert.equal(perUser['recall@10']![row], whole.evaluation.perUser['recall@10']![before]);
  });
  // So are the values of popularity: of the sampled users alone, and equal to those among all.
  const [popular, all] = [part.evaluation.popularity!, whole.evaluation.popularity!];
  assert.deepEqual(popular.items.users, users);
  assert.deepEqual(
    popular.lists.users,
    all.lists.users.filter((u) => chosen.includes(u)),
  );
  popular.lists.users.forEach((u, row) => {
    const before = all.lists.users.indexOf(u);
    assert.equal(popular.lists.profile[row], all.lists.profile[before]);
    assert.equal(popular.lists.recommended[10]![row], all.lists.recommended[10]![before]);
  });
  users.forEach((u, row) => {
    const before = all.items.users.indexOf(u);
    for (const g of popular.items.sizes.keys()) {
      assert.equal(popular.items.having[g]![row], all.items.having[g]![before]);
      assert.equal(popular.items.values[10]![g]!.recall[row], all.items.values[10]![g]!.recall[before]);
    }
  });
  // What students learn from has the lists of all users.
  assert.deepEqual(
    part.trajectory.checkpoints.map((c) => c.rankings.items),
    whole.trajectory.checkpoints.map((c) => c.rankings.items),
  );
  assert.deepEqual(evaluate(part), part.evaluation);
  assert.deepEqual(evaluate(whole, { evalUsers: 15 }).perUser, part.evaluation.perUser);
});

test('runs with different samples are not compared, and tables say what was evaluated', async () => {
  const data = await smallData();
  const options = { data, kernels, at: [5] };
  const [whole, part] = [await train('top-pop', options), await train('top-pop', { ...options, evalUsers: 15 })];
  assert.throws(
    () =>
      compare(whole.evaluation, [{ name: 'part', evaluation: part.evaluation }], {
        metrics: ['recall@5'],
        adjust: 'holm',
      }),
    refusedAs('needs-not-met', /a sample of 15 of \d+ users/),
  );
  const row = { name: 'part', model: 'top-pop', method: 'none', evaluation: part.evaluation, dataset: data };
  const text = evaluationTable([row as never], [5], 'test', false).toText();
  assert.match(text, /Evaluated on a sample of 15 of \d+ users\./);
});

test('a run with a sample is read back with it', async () => {
  const data = await smallData();
  const options = { data, kernels, folder: newFolder(), evalUsers: 15, ...quick, epochs: 2 };
  const made = await train('bpr-mf', options);
  const again = await train('bpr-mf', options);
  assert.equal(again.reused, true);
  assert.deepEqual(again.evaluation, made.evaluation);
  await assert.rejects(train('bpr-mf', { ...options, evalUsers: 16 }), refusedAs('run-differs', /evalUsers/));
});

test('only the sample is evaluated', async () => {
  const data = await smallData();
  const evaluator = createEvaluator(data, { at: [5], selectBy: 'auto', evalUsers: 10 });
  const { nUsers, nItems } = data.train;
  const rankings = { nUsers, nItems, depth: evaluator.depth, items: new Int32Array(nUsers * evaluator.depth).fill(-1) };
  assert.equal(evaluator.sample?.chosen.length, 10);
  assert.ok(evaluator.valid(rankings).users.length <= 10);
});
