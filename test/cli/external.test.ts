/** Models of another program: exported, imported, distilled, judged and compared, each as a command. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const SHORT = ['--epochs', '12', '--evaluate-every', '3'];

interface Run {
  readonly name: string;
  readonly metrics: Record<string, { value: number; adjustedP?: number; mark?: string; relativeDifference?: number }>;
  readonly [cost: string]: unknown;
}

async function succeeds(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await w.run(...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Expects an error of this code on stdout, and no stack on stderr. */
async function refuses(words: readonly string[], code: string, message: RegExp): Promise<void> {
  const { code: exit, value, stderr } = await w.json(...words);
  const error = value.error as { code: string; message: string; hint: string };
  assert.deepEqual([error?.code, exit !== 0], [code, true], stderr);
  assert.match(error.message, message);
  assert.doesNotMatch(stderr, /\n\s+at /);
}

before(async () => {
  await succeeds('train', 'bpr-mf', ...DATA, '--dim', '16', ...SHORT);
  await succeeds('train', 'ease', ...DATA);
});

test('rankings go out and come in again as the same teacher, from CSV and Parquet', { timeout: 120_000 }, async () => {
  await succeeds('rankings', 'bpr-mf', '--out', 'theirs.csv');
  assert.match(readFileSync(w.path('theirs.csv'), 'utf8'), /^user,item,rank,checkpoint\nu001,i\d+,1,3\n/);
  await succeeds('rankings', 'bpr-mf', '--out', 'theirs.parquet');
  const text = await succeeds('import', 'theirs.csv', '--like', 'bpr-mf');
  assert.match(text, /Teacher "theirs": 4 checkpoints \(3, 6, 9, 12\)/);
  assert.match(text, /^theirs +valid +3 /m);
  assert.match(text, /What to do next:\n {2}node .*main\.js distill --teachers theirs/);
  // Another format of the same rankings is the same run.
  const again = await w.json('import', 'theirs.parquet', ...DATA);
  const [teacher] = again.value.teachers as { reused: boolean; name: string; result: { metrics: object } }[];
  assert.deepEqual([teacher!.name, teacher!.reused], ['theirs', true]);
  const { value } = await w.json('evaluate', 'bpr-mf', 'theirs');
  const [ours, theirs] = value.runs as { metrics: object }[];
  assert.deepEqual(theirs!.metrics, ours!.metrics);
});

test('a run that another is like, or learns from, hands on how it was judged', { timeout: 120_000 }, async () => {
  const at = (value: Record<string, unknown>) =>
    (value.result as { options: { at: number[]; selectBy: string } }).options;
  await succeeds('train', 'ease', ...DATA, '--at', '20,30', '--select-by', 'ndcg@20', '--name', 'longer');
  await succeeds('rankings', 'longer', '--out', 'longer.csv');
  const { value } = await w.json('import', 'longer.csv', '--like', 'longer', '--name', 'imported');
  const [teacher] = value.teachers as Record<string, unknown>[];
  assert.deepEqual([at(teacher!).at, at(teacher!).selectBy], [[20, 30], 'ndcg@20']);
  const shorter = await w.json('import', 'longer.csv', '--like', 'longer', '--name', 'shorter', '--at', '20');
  assert.deepEqual(at((shorter.value.teachers as Record<string, unknown>[])[0]!).at, [20]);
  const taught = await w.json(
    'distill',
    '--teachers',
    'imported',
    'bpr-mf',
    '--dim',
    '4',
    ...SHORT,
    '--name',
    'taught',
  );
  assert.equal(taught.code, 0, taught.stderr);
  assert.deepEqual([at(taught.value).at, at(taught.value).selectBy], [[20, 30], 'ndcg@20']);
});

test('two teachers of one file are distilled, and compared with what they taught', { timeout: 120_000 }, async () => {
  await succeeds('rankings', 'bpr-mf', 'ease', '--out', 'both.jsonl.zst', '--last');
  const text = await succeeds('import', 'both.jsonl.zst', '--like', 'ease', '--name', 'of-others');
  assert.match(text, /Teacher "bpr-mf": a single checkpoint/);
  await succeeds(
    'distill',
    '--teachers',
    'of-others,bpr-mf',
    '--dim',
    '4',
    ...SHORT,
    '--period',
    '2',
    '--name',
    'small',
  );

  const { value } = await w.json('compare', 'small', 'of-others', '--against', 'of-others/ease', '--at', '5,10');
  assert.equal(value.against, 'of-others/ease');
  const runs = value.runs as Run[];
  assert.deepEqual(
    runs.map((r) => r.name),
    ['small', 'of-others/bpr-mf', 'of-others/ease'],
  );
  assert.deepEqual(Object.keys(runs[0]!.metrics), ['recall@5', 'recall@10', 'ndcg@5', 'ndcg@10']);
  const { value: recall, adjustedP, relativeDifference } = runs[0]!.metrics['recall@10']!;
  const base = runs[2]!.metrics['recall@10']!;
  assert.ok(adjustedP! > 0 && adjustedP! <= 1);
  assert.ok(Math.abs(relativeDifference! - (recall / base.value - 1)) < 1e-9);
  assert.deepEqual(Object.keys(base), ['value']);
  assert.ok(Number(runs[0]!.parameters) > 0 && Number(runs[0]!.seconds) > 0);
  assert.ok(!('parameters' in runs[1]!) && !('seconds' in runs[1]!), 'nobody knows');
  const list = await succeeds('recommend', 'small', '--user', 'u001');
  assert.match(list, /For user u001 \(bpr-mf with hetcomp/);
});

test('compare: the same numbers as text, Markdown, CSV and JSON', { timeout: 120_000 }, async () => {
  const compare = (...more: string[]) =>
    succeeds('compare', 'ease', 'bpr-mf', '--metrics', 'recall,coverage', '--at', '10', ...more);
  const json = JSON.parse(await compare('--format', 'json')) as { runs: Run[] };
  assert.deepEqual(json, JSON.parse(await compare('--json', '--format', 'csv')));
  const [ease, other] = json.runs;
  const { value, mark } = other!.metrics['recall@10']!;
  const text = await compare();
  assert.match(text, /^run +recall@10 +coverage@10 +parameters +bundle +top 10 in +training\n-+\nease +0\.\d{4} /m);
  assert.ok(text.includes(`${value.toFixed(4)}${mark === '' ? '' : ` ${mark}`}`), text);
  assert.match(
    text,
    /^recall@10 +bpr-mf +0\.\d{4} +[+-]0\.\d{4} +[+-]\d+\.\d % +-?0\.\d{4} to -?0\.\d{4} +p [<=] 0\.\d{4}/m,
  );
  assert.doesNotMatch(text, /^coverage@10 +bpr-mf/m, 'there is nothing to test');
  const markdown = await compare('--format', 'markdown');
  assert.match(markdown, /^\| run \| recall@10 \| coverage@10 \|/m);
  assert.match(markdown, /^\|---\|---:\|---:\|/m);
  const csv = (await compare('--format', 'csv'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  assert.deepEqual(
    csv.map((fields) => fields.length),
    [16, 16, 16, 16, 16],
  );
  assert.deepEqual(csv[1]!.slice(0, 5), ['ease', 'recall@10', String(ease!.metrics['recall@10']!.value), '', '']);
  assert.deepEqual(csv[3]!.slice(0, 4), ['bpr-mf', 'recall@10', String(value), 'ease']);
  assert.equal(csv[3]![10], mark);
});

test('compare: what cannot be compared', { timeout: 120_000 }, async () => {
  await succeeds('train', 'top-pop', '--data', 'synthetic:120x80x1500');
  await refuses(['compare', 'ease', 'top-pop'], 'needs-not-met', /ease and top-pop are of different data/);
  await refuses(['compare', 'ease'], 'usage', /at least two runs; given: ease/);
  await refuses(['compare', 'ease', 'ease', './runs/ease'], 'usage', /two runs/);
  await refuses(['compare', 'ease', 'bpr-mf', '--against', 'nobody'], 'unknown-name', /nobody/);
  await refuses(['compare', 'ease', 'bpr-mf', '--metrics', 'recal'], 'unknown-name', /recal/);
  await refuses(['compare', 'ease', 'bpr-mf', '--at', '1000'], 'bad-option', /--at.*1000/);
  await refuses(['compare', 'ease', 'bpr-mf', '--format', 'xml'], 'bad-option', /--format/);
  await refuses(['rankings', 'ease', 'top-pop', '--out', 'x.csv'], 'needs-not-met', /different data/);
  await refuses(['rankings', 'ease'], 'usage', /--out/);
});

test('import: columns of other names, data of other names, and what cannot be imported', {
  timeout: 120_000,
}, async () => {
  const ids = (what: string, n: number) => Array.from({ length: n }, (_, k) => `${what}${k}`);
  const clicks = ids('p', 12).flatMap((p, k) =>
    ids('t"', 10)
      .slice(0, 6 + (k % 3))
      .map((t, j) => [p, `"${`t"${(j + k) % 10}`.replaceAll('"', '""')}"`, t]),
  );
  writeFileSync(w.path('clicks.csv'), `person,thing\n${clicks.map(([p, t]) => `${p},${t}\n`).join('')}`);
  const columns = ['--user', 'who', '--item', 'what', '--score', 'how'];
  const data = [
    '--data',
    'clicks.csv',
    '--data-user',
    'person',
    '--data-item',
    'thing',
    '--min-user',
    '1',
    '--at',
    '2',
    '--select-by',
    'recall@2',
  ];
  const rows = ids('p', 12).flatMap((p) => ids('t""', 10).map((t, k) => `${p},"${t}",${1 / (k + 1)}`));
  writeFileSync(w.path('scores.csv'), `who,what,how\n${rows.join('\n')}\n`);
  const { value, code, stderr } = await w.json('import', 'scores.csv', ...columns, ...data);
  assert.equal(code, 0, stderr);
  const report = value.report as { rows: number; columns: object; unknownItems: { ids: number } };
  assert.deepEqual([report.rows, report.unknownItems.ids], [120, 0]);
  assert.deepEqual(report.columns, { user: 'who', item: 'what', score: 'how' });

  writeFileSync(w.path('scores.csv'), `who,what,how\n${rows.slice(1).join('\n')}\n`);
  await refuses(
    ['import', 'scores.csv', ...columns, ...data],
    'run-differs',
    /different inputs: "rankings" was [0-9a-f]{12}, now it is/,
  );
  await succeeds('import', 'scores.csv', ...columns, ...data, '--overwrite');
  writeFileSync(w.path('bad.csv'), 'user,item,rank\np1,"t""1",1\np1,"t""2",1\n');
  await refuses(
    ['import', 'bad.csv', ...data],
    'bad-data',
    /user "p1" has two items at rank 1: "t\\"1" \(row 1\) and "t\\"2" \(row 2\)/,
  );
  await refuses(['import', 'none.csv', ...DATA], 'file-missing', /none\.csv/);
  await refuses(['import', 'scores.csv', '--like', 'nobody'], 'unknown-name', /nobody/);
  await refuses(['import', 'scores.csv', ...columns, ...DATA], 'bad-data', /no usable row/);
  await refuses(['import', 'scores.csv', ...columns, ...data, '--name', '../x'], 'bad-option', /--name/);
  await refuses(['import', 'scores.csv', '--data-format', 'xls'], 'bad-option', /--data-format/);
});
