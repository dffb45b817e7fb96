import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const SHORT = ['--epochs', '12', '--evaluate-every', '3'];

interface Row {
  readonly name: string;
  readonly reused: boolean;
  readonly metrics: Record<string, number>;
}

test('train, distill, evaluate, recommend, each as a command', { timeout: 120_000 }, async () => {
  const teacher = await w.run('train', 'bpr-mf', ...DATA, '--dim', '16', ...SHORT);
  assert.equal(teacher.code, 0, teacher.stderr);
  assert.match(teacher.stderr, /Memory: at most .* in all/);
  assert.match(teacher.stderr, /bpr-mf: epoch 12 of 12, loss .*recall@50/);
  assert.match(teacher.stdout, /^bpr-mf is finished \(best epoch \d+ of 12/);
  assert.match(teacher.stdout, /What to do next:\n {2}node .*main\.js distill --teachers bpr-mf/);

  const second = await w.run('train', 'ease', ...DATA, '--quiet');
  assert.deepEqual([second.code, second.stderr], [0, '']);

  const student = await w.json('distill', '--teachers', 'bpr-mf,ease', '--dim', '4', ...SHORT, '--period', '2');
  assert.equal(student.code, 0, student.stderr);
  assert.equal(student.value.name, 'bpr-mf-hetcomp');
  assert.equal(student.value.reused, false);

  const again = await w.json('distill', '--teachers', 'bpr-mf,ease', '--dim', '4', ...SHORT, '--period', '2');
  assert.equal(again.value.reused, true);

  const judged = await w.run('evaluate', 'bpr-mf', 'ease', 'bpr-mf-hetcomp', '--per-user', 'values.tsv');
  assert.equal(judged.code, 0, judged.stderr);
  assert.match(judged.stdout, /^ease +0\.\d{4} /m);
  assert.match(judged.stdout, /What to do next:\n.* compare bpr-mf ease bpr-mf-hetcomp/);
  const values = readFileSync(w.path('values.tsv'), 'utf8').trimEnd().split('\n');
  assert.equal(values[0]!.split('\t').slice(0, 3).join(' '), 'run user recall@10');
  const { value } = await w.json('evaluate', 'bpr-mf', 'ease', 'bpr-mf-hetcomp');
  assert.equal(values.length - 1, 3 * Number(value.nUsers));
  // What is judged later is what was judged then.
  const own = (student.value.result as { metrics: Record<string, number> }).metrics;
  assert.equal((value.runs as Row[])[2]!.metrics['recall@10'], own['recall@10']);

  const user = values[1]!.split('\t')[1]!;
  const list = await w.json('recommend', 'bpr-mf-hetcomp', '--user', user, '--k', '5');
  const items = list.value.recommendations as { itemId: string; label: string }[];
  assert.equal(items.length, 5);
  assert.ok(items.every((item) => item.label !== ''));
  const text = await w.run('recommend', 'runs/bpr-mf-hetcomp/student', '--user', user);
  assert.ok(text.stdout.includes(items[0]!.label));
  const [one, other] = items.map(({ itemId }) => itemId);
  const fresh = await w.run('recommend', 'bpr-mf-hetcomp', '--items', `${one},${other},${one}`);
  assert.ok(fresh.stdout.startsWith(`For a new user who has ${one} and ${other} (`), fresh.stdout);
});

test('an ensemble of finished runs, and a student with its weights', { timeout: 120_000 }, async () => {
  for (const model of ['rp3beta', 'item-knn']) {
    const made = await w.run('train', model, ...DATA, '--quiet');
    assert.equal(made.code, 0, made.stderr);
  }
  const runs = ['ease', 'item-knn', 'rp3beta'];
  const shown = await w.run('ensemble', ...runs);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^ +1 +(ease|item-knn|rp3beta) +0\.\d{4} +-$/m);
  assert.match(shown.stdout, /On test, which the choice did not see:/);
  assert.match(shown.stdout, /distill --teachers \S+ --ensemble greedy/);
  const { value } = await w.json('ensemble', ...runs, '--weights', 'valid', '--temperature', '10');
  const members = value.members as { name: string; weight: number; value: number }[];
  assert.deepEqual([value.kind, value.temperature, members.map((m) => m.name)], ['valid', 10, runs]);
  const sum = members.reduce((all, m) => all + m.value, 0);
  for (const m of members) assert.ok(Math.abs(m.weight - m.value / sum) < 1e-12, m.name);
  // softmax fuses by the temperature 10, so it has the same weights.
  const from = ['--teachers', runs.join(), '--method', 'softmax', '--dim', '4', ...SHORT, '--name', 'weighed'];
  const student = await w.json('distill', ...from, '--ensemble', 'valid');
  assert.equal(student.code, 0, student.stderr);
  const { ensemble, options } = student.value.result as { ensemble: typeof value; options: { ensemble: string } };
  assert.equal(options.ensemble, 'valid');
  assert.deepEqual(
    (ensemble.members as typeof members).map((m) => m.weight),
    members.map((m) => m.weight),
  );
  const other = await w.run('distill', ...from, '--ensemble', 'greedy');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /options\.ensemble was "valid", now it is "greedy"/);
  const alone = await w.run('ensemble', 'ease');
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, /at least two runs/);
  const report = await w.run('report', 'weighed', ...runs, '--out', 'weighed.html');
  assert.equal(report.code, 0, report.stderr);
  assert.match(readFileSync(w.path('weighed.html'), 'utf8'), /Weights of weighed \(valid\)/);
  const verified = await w.run('verify', 'runs/weighed');
  assert.equal(verified.code, 0, verified.stdout);
});

test('a student continues with more data', { timeout: 120_000 }, async () => {
  const rows = Array.from({ length: 1800 }, (_, n) => `${n % 60},${(Math.imul(n, 2654435761) >>> 8) % 90}`);
  const known = rows.filter((row) => !row.startsWith('59,'));
  writeFileSync(w.path('before.csv'), ['user,item', ...known].join('\n'));
  writeFileSync(w.path('now.csv'), ['user,item', ...rows].join('\n'));
  const begun = await w.run('train', 'bpr-mf', '--data', 'before.csv', '--dim', '4', ...SHORT, '--name', 'old');
  assert.equal(begun.code, 0, begun.stderr);
  const alone = ['distill', '--continue', 'old', '--data', 'now.csv', '--method', 'none', ...SHORT];
  const fresh = await w.run(...alone, '--name', 'new');
  assert.equal(fresh.code, 0, fresh.stderr);
  assert.match(fresh.stderr, /Users: 59 known, 1 new and folded in\. Items: \d+ known, 0 new/);
  assert.match(fresh.stdout, /^new is finished/);
  assert.equal((await w.run('recommend', 'new', '--user', '59')).code, 0);
  const taught = await w.run('train', 'ease', '--data', 'now.csv', '--name', 'now');
  assert.equal(taught.code, 0, taught.stderr);
  const student = await w.run('distill', '--continue', 'runs/old/student', '--teachers', 'now', ...SHORT);
  assert.equal(student.code, 0, student.stderr);
  const wrong = await w.run(...alone, '--name', 'wrong', '--dim', '9');
  assert.equal(wrong.code, 2, wrong.stderr);
  assert.match(wrong.stderr, /4, as in the bundle/);
});

test('hidden interactions can be judged by', { timeout: 120_000 }, async () => {
  const some = ['--data', 'synthetic:80x90x1500', '--at', '5,10', '--select-by', 'recall@10'];
  for (const model of ['top-pop', 'item-knn']) {
    const made = await w.run('train', model, ...some, '--hidden-share', '0.2', '--name', `hides/${model}`);
    assert.equal(made.code, 0, made.stderr);
  }
  const { value } = await w.json('evaluate', 'hides/item-knn', '--part', 'hidden');
  const own = JSON.parse(readFileSync(w.path('runs', 'hides', 'item-knn', 'result.json'), 'utf8'));
  const [run] = value.runs as Row[];
  assert.equal(value.part, 'hidden');
  assert.equal(run!.metrics['recall@10'], own.hidden['recall@10']);
  assert.notEqual(run!.metrics['recall@10'], own.metrics['recall@10']);
  const compared = await w.run('compare', 'hides', '--part', 'hidden');
  assert.match(compared.stdout, /^Hidden interactions, full ranking/);
  const wrong = await w.run('evaluate', 'ease', '--part', 'hidden');
  assert.equal(wrong.code, 2, wrong.stderr);
  assert.match(wrong.stderr, /ease was made without hidden interactions/);
});

const PIPELINE = `name: chain
data: { data: "synthetic:200x150x4000" }
baselines: [{ model: top-pop }]
teachers:
  - { model: bpr-mf, dim: 16, epochs: 9, evaluateEvery: 3 }
  - { model: lightgcn, dim: 16, epochs: 9, evaluateEvery: 3 }
students:
  - { model: bpr-mf, method: none, dim: 4, epochs: 9, evaluateEvery: 3 }
  - { model: bpr-mf, method: hetcomp, dim: 4, epochs: 9, evaluateEvery: 3, period: 2 }
`;

test('the same chain as a pipeline file, and again from finished runs', { timeout: 120_000 }, async () => {
  writeFileSync(w.path('pipeline.yaml'), PIPELINE);
  const first = await w.run('run', 'pipeline.yaml');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /\[3\/8\] lightgcn/);
  for (const role of [
    'baseline +top-pop',
    'teacher +lightgcn',
    'ensemble',
    'student +student-none',
    'student +student-hetcomp',
  ]) {
    assert.match(first.stdout, new RegExp(`^${role}`, 'm'));
  }
  assert.match(first.stdout, /student-hetcomp against the same student without distillation: R@50/);
  const again = await w.json('run', 'pipeline.yaml');
  const rows = again.value.rows as Row[];
  assert.deepEqual(
    rows.filter((r) => r.reused).map((r) => r.name),
    ['top-pop', 'bpr-mf', 'lightgcn', 'alone-ials-dim4', 'alone-mf-dim4', 'student-none', 'student-hetcomp'],
  );
  const whole = await w.json('evaluate', 'chain');
  const means = new Map((whole.value.runs as Row[]).map((r) => [r.name, r.metrics['ndcg@10']]));
  for (const row of rows.filter((r) => r.name !== 'ensemble'))
    assert.equal(means.get(`chain/${row.name}`), row.metrics['ndcg@10']);
  const list = await w.run('recommend', 'chain/student-hetcomp', '--user', 'u001');
  assert.equal(list.code, 0, list.stderr);
});

test('data: list, split and inspect fit together', { timeout: 60_000 }, async () => {
  const list = await w.json('data', 'list');
  assert.ok((list.value.dataSets as { name: string }[]).some((d) => d.name === 'citeulike-t'));
  const split = await w.json('data', 'split', 'synthetic:200x150x4000', '--out', 'split', '--split', 'leave-one-out');
  const inspected = await w.json('data', 'inspect', 'split');
  assert.equal(inspected.value.fingerprint, split.value.fingerprint);
  const text = await w.run('data', 'inspect', 'split');
  assert.match(text.stdout, /train \/ valid \/ test/);
  const twice = await w.run('data', 'split', 'synthetic', '--out', 'split');
  assert.equal(twice.code, 2);
});

test('doctor finds this machine well', { timeout: 60_000 }, async () => {
  const { code, value, stderr } = await w.json('doctor', '--threads', '3');
  const checks = value.checks as { name: string; ok: boolean; value: string }[];
  assert.deepEqual(
    checks.filter((c) => !c.ok),
    [],
  );
  assert.deepEqual([code, value.ok, stderr], [0, true, '']);
  assert.match(checks.find((c) => c.name === 'threads')!.value, /1 to 3 threads give identical results/);
});

test('a reader that stops early is no error', { timeout: 30_000 }, async () => {
  const { child, ended } = w.start('train', '--help');
  child.stdout!.destroy();
  const { code, stderr } = await ended;
  assert.deepEqual([code, stderr], [0, '']);
});
