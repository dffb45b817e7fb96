/** Popularity and transfer ratio on the command line, and lists re-ranked by the disagreement of teachers. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const SHORT = ['--dim', '4', '--epochs', '8', '--evaluate-every', '4', '--quiet'];

interface Estimate {
  readonly value: number;
  readonly interval: { readonly low: number; readonly high: number };
}

test('popularity lift and transfer ratio of a student', { timeout: 300_000 }, async () => {
  for (const words of [
    ['train', 'ease', 'rp3beta', ...DATA, '--quiet'],
    ['distill', '--teachers', 'ease,rp3beta', '--method', 'rce-kd', '--name', 'taught', ...SHORT],
    ['train', 'bpr-mf', ...DATA, '--name', 'alone', ...SHORT],
  ]) {
    const made = await w.run(...words);
    assert.equal(made.code, 0, made.stderr);
  }
  const shown = await w.run('evaluate', 'ease', 'taught', '--popularity');
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /^Popularity lift:$/m);
  assert.match(shown.stdout, /^taught +10 +-?\d\.\d{4} +-?\d\.\d{4} to /m);
  assert.match(shown.stdout, /^ease +50 +unpopular +\d+\.\d %/m);

  const compared = await w.json('compare', 'alone', 'taught', '--teacher', 'ease', '--popularity');
  assert.equal(compared.code, 0, compared.stderr);
  const { popularity, transfer } = compared.value as {
    popularity: { runs: { name: string }[]; differences: { name: string; metric: string; difference: Estimate }[] };
    transfer: { teacher: string; ratios: { name: string; metric: string; ratio?: number }[] };
  };
  // The run of the teacher is compared, too.
  assert.deepEqual(popularity.runs.map((r) => r.name).sort(), ['alone', 'ease', 'taught']);
  const lift = popularity.differences.find((d) => d.name === 'taught' && d.metric === 'popularity-lift@10')!;
  assert.ok(lift.difference.interval.low <= lift.difference.value);
  assert.deepEqual([transfer.teacher, ...new Set(transfer.ratios.map((r) => r.name))], ['ease', 'taught']);
  const csv = await w.run('compare', 'alone', 'taught', '--teacher', 'ease', '--popularity', '--format', 'csv');
  assert.match(csv.stdout, /^taught,popularity-lift@50,-?\d/m);
  assert.match(csv.stdout, /^taught,transfer-ratio of recall@10,/m);
  const plain = await w.run('compare', 'alone', 'taught');
  assert.ok(!/opularity|Transfer/.test(plain.stdout));

  const twice = await w.run('compare', 'alone', 'taught', '--teacher', 'alone');
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, /alone is both the teacher and the run to compare with/);
  const absent = await w.run('compare', 'alone', 'taught', '--teacher', 'nobody');
  assert.notEqual(absent.code, 0);
  assert.match(absent.stderr, /nobody/);
});

test('re-ranked lists are written, imported and evaluated; one teacher cannot disagree', {
  timeout: 300_000,
}, async () => {
  const file = w.path('debiased.parquet');
  const written = await w.run('rankings', 'taught', '--out', file, '--rerank', '0.5', '--teachers', 'ease,rp3beta');
  assert.equal(written.code, 0, written.stderr);
  const imported = await w.run('import', file, ...DATA, '--name', 'debiased', '--quiet');
  assert.equal(imported.code, 0, imported.stderr);
  const { value } = await w.json('evaluate', 'taught', 'debiased', '--popularity');
  const [before, after] = (value.popularity as { popularity: { lift: Estimate }[] }[]).map(
    (r) => r.popularity[0]!.lift,
  );
  assert.notEqual(before!.value, after!.value);

  for (const words of [
    ['--rerank', '0.5'],
    ['--rerank', '0.5', '--teachers', 'ease'],
    ['--teachers', 'ease,rp3beta'],
  ]) {
    const refused = await w.run('rankings', 'taught', '--out', file, ...words);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /--rerank/);
  }
  const alone = await w.run('distill', '--teachers', 'ease', '--method', 'hetcomp', '--dissensus', '1', ...SHORT);
  assert.notEqual(alone.code, 0);
  assert.match(alone.stderr, /needs teachers that can disagree/);
});
