import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const quick = 'epochs: 4, evaluateEvery: 2, batchSize: 256';
const shared = `name: small
data: { data: synthetic:80x90x1500 }
evaluation: { at: [5, 10], selectBy: recall@10 }
teachers: [{ model: bpr-mf, dim: 4, ${quick} }, { model: ease }]
`;
writeFileSync(
  w.path('study.yaml'),
  `${shared}student: { model: bpr-mf, dim: 2, ${quick} }
entries: [{ method: none }, { method: hetcomp, period: 1 }, { method: hetcomp, name: final, trajectoryLength: 1 }]
seeds: [0, 1]
tune: { trials: 2 }
`,
);
writeFileSync(
  w.path('pipeline.yaml'),
  `${shared}students: [{ model: bpr-mf, dim: 2, method: none, name: alone, ${quick} }, { model: bpr-mf, dim: 2, period: 2, name: taught, ${quick} }]
`,
);

test('a study prints and writes its tables, and reads back what is finished', { timeout: 120_000 }, async () => {
  const first = await w.run('study', 'study.yaml');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^student +none +\.?0?\.\d{4} ± 0\.\d{4}/m);
  assert.match(first.stdout, /Against hetcomp:\n\n/);
  assert.match(first.stdout, /^hetcomp +(lambda|learningRate) .* 2 /m);
  assert.match(first.stderr, /^\[\d+\/16\] seed1\/bpr-mf \.\.\.$/m);
  const markdown = readFileSync(w.path('runs', 'small', 'study-entries.md'), 'utf8');
  assert.match(markdown, /^# entries on synthetic\n/);
  assert.match(markdown, /^\| student \| final \| 0\.\d{4} ± /m);
  const written = JSON.parse(readFileSync(w.path('runs', 'small', 'study-entries.json'), 'utf8'));
  const again = await w.json('study', 'study.yaml', '--out', 'tables');
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(again.value, written);
  assert.doesNotMatch(again.stderr, /epoch \d+ of/);
  assert.ok(existsSync(w.path('tables.md')) && existsSync(w.path('tables.json')));
  assert.deepEqual(written.seeds, [0, 1]);
});

test('one seed has no spread, and a method whose options are fixed no search', { timeout: 120_000 }, async () => {
  const fixed = 'methods: { none: { learningRate: 0.01, l2: 0.001 } }';
  const student = `student: { model: bpr-mf, dim: 2, ${quick} }`;
  const entries = 'entries: [{ method: none }, { method: hetcomp, period: 1 }]';
  writeFileSync(
    w.path('one.yaml'),
    `${shared.replace('small', 'one')}${student}\n${fixed}\n${entries}\nseeds: [3]\ntune: { trials: 1 }\n`,
  );
  const { code, stdout, stderr } = await w.run('study', 'one.yaml', '--out', 'alone');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /full ranking; seed 3\./);
  assert.match(stdout, /over users; Holm/);
  assert.doesNotMatch(stdout, /±/);
  assert.match(stdout, /^Without a search, .*: none\.$/m);
  assert.match(readFileSync(w.path('alone.md'), 'utf8'), /^# alone on synthetic\n/);
});

test('a mistake in a study is shown with its place', async () => {
  writeFileSync(w.path('wrong.yaml'), 'name: x\nteachers: [{ model: bpr-mf }]\nagainst: nobody\n');
  const { code, stderr } = await w.run('study', 'wrong.yaml');
  assert.equal(code, 2);
  assert.match(stderr, /no entry of the study is called "nobody"/);
  writeFileSync(w.path('wrong.yaml'), 'teachers: [{ model: bpr-mf }]\nseeds: three\n');
  assert.match((await w.run('study', 'wrong.yaml')).stderr, /wrong\.yaml, line 2, column \d+: option "seeds" of study/);
});

test('a pipeline writes its report, and `report` one of any runs', { timeout: 120_000 }, async () => {
  const piped = await w.run('run', 'pipeline.yaml');
  assert.equal(piped.code, 0, piped.stderr);
  assert.match(piped.stdout, /^Report: runs.small.report\.html$/m);
  const html = readFileSync(w.path('runs', 'small', 'report.html'), 'utf8');
  assert.ok(html.startsWith('<!doctype html>') && html.includes('<svg'));
  assert.match(readFileSync(w.path('runs', 'small', 'report.md'), 'utf8'), /^## Results on test$/m);

  const names = ['bpr-mf', 'ease', 'taught', 'alone'].map((name) => `small/${name}`);
  const own = await w.run(
    'report',
    ...names,
    '--out',
    'own.html',
    '--metric',
    'ndcg@10',
    '--title',
    'Mine',
    '--against',
    'alone',
  );
  assert.equal(own.code, 0, own.stderr);
  const page = readFileSync(w.path('own.html'), 'utf8');
  for (const part of [
    '<h1>Mine</h1>',
    'ndcg@10 by epoch (valid)',
    'Significance of the differences to alone',
    '>teacher<',
  ])
    assert.ok(page.includes(part), part);
  // Teachers come first; who learned alone is a student, and the others are tested against it.
  assert.equal((await w.run('report', 'small/taught', 'small/alone', 'small/ease', '--out', 'plain.html')).code, 0);
  const plain = readFileSync(w.path('plain.md'), 'utf8');
  assert.deepEqual(
    [...plain.matchAll(/^\| (teacher|model|student) \| ([\w-]+)/gm)].map(([, role, name]) => `${role} ${name}`),
    ['teacher ease', 'student taught', 'student alone'],
  );
  assert.match(plain, /^## Significance of the differences to alone$/m);
  assert.equal((await w.run('report', 'small/taught', '--out', 'x.pdf')).code, 2);
  assert.equal((await w.run('report', 'small/taught', '--against', 'nobody')).code, 2);
});
