import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const SHORT = ['--epochs', '6', '--evaluate-every', '2'];

interface Final {
  readonly name: string;
  readonly folder: string;
  readonly result: { readonly metrics: object; readonly repeated: { readonly run: string } };
}

test('train and distill with --final: figures of the evaluated run, a bundle of all interactions, no use where a run is evaluated', async () => {
  const teachers = await w.json('train', 'bpr-mf', 'ease', ...DATA, ...SHORT, '--dim', '8', '--final');
  assert.equal(teachers.code, 0, teachers.stderr);
  const rows = teachers.value.runs as { readonly result: { metrics: object }; readonly final: Final }[];
  for (const { result, final } of rows) assert.deepEqual(final.result.metrics, result.metrics);
  const student = await w.run('distill', '--teachers', 'bpr-mf,ease', '--dim', '4', ...SHORT, '--name', 's', '--final');
  assert.equal(student.code, 0, student.stderr);
  assert.match(
    student.stdout,
    /^Final fit: s\/final, \d epochs on all interactions; bundle: .*It is not evaluated: the figures above are those of s\.$/m,
  );
  assert.match(student.stdout, /serve s\/final/);
  const again = await w.json('distill', '--teachers', 'bpr-mf,ease', '--dim', '4', ...SHORT, '--name', 's', '--final');
  assert.equal((again.value.final as { reused: boolean }).reused, true);
  for (const words of [
    ['evaluate', 's/final'],
    ['compare', 's', 's/final'],
    ['report', 's/final'],
    ['rankings', 's/final', '--out', 'lists.csv'],
    ['distill', '--teachers', 'bpr-mf/final', '--dim', '4', '--name', 'other'],
  ]) {
    const { code, stderr } = await w.run(...words);
    assert.notEqual(code, 0, words.join(' '));
    assert.match(stderr, /\/final is a final fit and cannot be evaluated, compared or taught from/, words.join(' '));
  }
  const listed = await w.json('evaluate', 's', 'bpr-mf', 'ease');
  assert.equal((listed.value.runs as unknown[]).length, 3);
  const list = await w.run('recommend', 's/final', '--user', 'u001');
  assert.match(list.stdout, /trained on all interactions of synthetic: a final fit/);
});

test('a pipeline and a study make the final fit of the student that is best on valid', async () => {
  const quick = 'epochs: 4, evaluateEvery: 2';
  const plan = `data: { data: 'synthetic:200x150x4000' }\nfinal: true\nteachers: [{ model: bpr-mf, dim: 8, ${quick} }, { model: ease }]\n`;
  writeFileSync(
    w.path('p.yaml'),
    `name: p\n${plan}students: [{ model: bpr-mf, dim: 4, method: none, name: alone, ${quick} }, { model: bpr-mf, dim: 4, name: taught, ${quick} }]\n`,
  );
  writeFileSync(
    w.path('st.yaml'),
    `name: st\n${plan}student: { model: bpr-mf, dim: 4, ${quick} }\nentries: [{ method: none }, { method: rrd }]\nagainst: none\nseeds: [0, 1]\n`,
  );
  const run = await w.json('run', 'p.yaml');
  assert.equal(run.code, 0, run.stderr);
  const final = run.value.final as { student: string; name: string; valid: number };
  assert.equal(final.name, `p/${final.student}/final`);
  const best = ['alone', 'taught'].map((name) => {
    const { checkpoints } = JSON.parse(
      readFileSync(w.path('runs', 'p', name, 'trajectory', 'trajectory.json'), 'utf8'),
    );
    return { name, valid: checkpoints.at(-1).metrics['recall@50'] as number };
  });
  assert.equal(final.valid, Math.max(...best.map((b) => b.valid)));
  assert.equal(best.find((b) => b.name === final.student)!.valid, final.valid);
  const study = await w.json('study', 'st.yaml');
  assert.equal(study.code, 0, study.stderr);
  // A run of the first seed may be one of the pipeline, too.
  assert.match((study.value.final as { name: string }).name, /^(st\/seed0\/(none|rrd)|p\/alone)\/final$/);
  writeFileSync(
    w.path('bad.yaml'),
    `name: bad\n${plan}students: [{ model: bpr-mf, dim: 4, method: bd, teachers: [bpr-mf] }]\n`,
  );
  const bad = await w.run('run', 'bad.yaml');
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /"final".*trained together/);
});

test('a student continues on the split hash, and on a split that keeps what it was trained on; any other is refused', async () => {
  const pairs = Array.from({ length: 60 * 20 }, (_, n) => `u${n % 60},i${(7 * n + Math.floor(n / 60) * 3) % 41}`);
  writeFileSync(w.path('before.csv'), ['user,item', ...pairs].join('\n'));
  // A new first user changes the numbering, and with it the split ratio.
  const more = Array.from({ length: 12 }, (_, n) => `a,i${3 * n}`);
  writeFileSync(w.path('now.csv'), ['user,item', ...more, ...pairs].join('\n'));
  const options = ['--dim', '4', ...SHORT, '--at', '5,10', '--select-by', 'recall@10'];
  for (const split of ['ratio', 'hash']) {
    const made = await w.run('train', 'bpr-mf', '--data', 'before.csv', '--split', split, ...options, '--name', split);
    assert.equal(made.code, 0, made.stderr);
  }
  const onward = (from: string, data: string, ...words: string[]) =>
    w.run(
      'distill',
      '--continue',
      from,
      '--data',
      data,
      '--method',
      'none',
      '--epochs',
      '2',
      '--name',
      `${from}-${data}`,
      ...words,
    );
  const refused = await onward('ratio', 'now.csv');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /was trained on \d+ of \d+ interactions of valid and \d+ of \d+ interactions of test/);
  const hashed = await onward('hash', 'now.csv');
  assert.equal(hashed.code, 0, hashed.stderr);
  const split = await w.json('data', 'split', 'now.csv', '--keep-train', 'ratio', '--out', 'kept');
  assert.ok((split.value.moved as { test: number }).test > 0);
  const kept = await onward('ratio', 'kept');
  assert.equal(kept.code, 0, kept.stderr);
});

test('with ratios 1,0,0 nothing is evaluated, and what judges is refused', async () => {
  const all = [...DATA, '--ratios', '1,0,0'];
  const made = await w.run('train', 'bpr-mf', ...all, '--epochs', '2', '--name', 'all');
  assert.match(made.stdout, /Nothing was held out, so nothing was evaluated\./);
  for (const [words, message] of [
    [['train', 'bpr-mf', ...all, '--name', 'x'], /nothing can choose the number of epochs/],
    [['train', 'bpr-mf', ...all, '--epochs', '2', '--final', '--name', 'x'], /holds out nothing/],
    [['evaluate', 'all'], /an evaluation needs held-out interactions/],
    [['tune', 'bpr-mf', ...all], /no valid part/],
    [['data', 'split', 'synthetic:200x150x4000', '--ratios', '1,0,0', '--out', 'o'], /needs held-out interactions/],
  ] as const) {
    const { code, stderr } = await w.run(...words);
    assert.notEqual(code, 0, words.join(' '));
    assert.match(stderr, message);
  }
});
