/** Users who are held out whole, through the commands: a written split, runs, tables, lists, plans. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const quick = ['--dim', '4', '--epochs', '4', '--evaluate-every', '2', '--threads', '1'];
const judged = ['--at', '5,10', '--select-by', 'recall@10'];

test('a written split is trained on, distilled, compared, listed and imported', { timeout: 120_000 }, async () => {
  const split = await w.json('data', 'split', 'synthetic:80x60x900', '--split', 'users', '--out', 'split');
  assert.equal(split.code, 0, split.stderr);
  assert.ok((split.value.interactions as { foldIn: number }).foldIn > 0);
  const shown = await w.run('data', 'inspect', 'split');
  assert.match(shown.stdout, /^histories of held-out users +\d/m);
  const made = await w.json('train', 'fism', '--data', 'split', ...quick, ...judged);
  assert.equal(made.code, 0, made.stderr);
  const refused = await w.run('train', 'neumf', '--data', 'split', ...judged);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^error: the users of valid and test are held out whole \(split users\), and neumf/m);
  assert.match(refused.stderr, /^hint: Choose a model that answers for histories: .*fism/m);
  assert.ok(!existsSync(w.path('runs', 'neumf')), 'nothing of it was begun');
  const student = ['--student', 'fism', '--method', 'softmax', '--name', 'small'];
  const taught = await w.json('distill', '--teachers', 'fism', ...student, ...quick, ...judged);
  assert.equal(taught.code, 0, taught.stderr);
  const compared = await w.run('compare', 'fism', 'small', '--json');
  assert.equal(compared.code, 0, compared.stderr);
  const listed = await w.run('rankings', 'fism', '--out', 'lists.csv');
  assert.equal(listed.code, 0, listed.stderr);
  const imported = await w.json('import', 'lists.csv', '--like', 'fism', '--name', 'theirs');
  assert.equal(imported.code, 0, imported.stderr);
  const evaluated = async (name: string) => {
    const { value } = await w.json('evaluate', name);
    return JSON.stringify(value).match(/"recall@10":[\d.]+/)![0];
  };
  assert.equal(await evaluated('theirs'), await evaluated('fism'));
  assert.equal((await w.run('report', 'fism', 'small', '--out', 'report.html')).code, 0);
  const verified = await w.run('verify', 'split', 'runs/small');
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

test('a study refuses a teacher that cannot answer for histories before it trains any', {
  timeout: 60_000,
}, async () => {
  writeFileSync(
    w.path('study.yaml'),
    `name: refused
data: { data: synthetic:80x60x900, split: users }
evaluation: { at: [5, 10], selectBy: recall@10 }
teachers: [{ model: fism, dim: 4, epochs: 2 }, { model: neumf }]
student: { model: fism, dim: 2, epochs: 2 }
entries: [{ method: softmax }]
against: softmax
`,
  );
  const { code, stderr } = await w.run('study', 'study.yaml');
  assert.equal(code, 2, stderr);
  assert.match(stderr, /neumf has no scores for the history/);
  assert.doesNotMatch(stderr, /epoch/);
  assert.ok(!existsSync(w.path('runs', 'refused', 'seed0', 'fism')));
});
