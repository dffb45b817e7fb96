import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readExternalRankings, writeRankingsTable } from '../data/index.js';
import { createEvaluator } from '../eval/evaluation.js';
import { type PlanEvent, runPipeline } from '../experiment/index.js';
import { readJsonLines } from '../formats/lines.js';
import { importTeachers, nameOfFile } from './external.js';
import { isFinishedRun, jobFiles, readFinishedRun, readTeacher } from './finished.js';
import { runJob } from './job.js';
import type { Job } from './outcome.js';
import { readRankings } from './rankings-file.js';
import {
  contentsOf,
  evaluation,
  kernels,
  newFolder,
  quick,
  refusedAs,
  SMALL,
  smallData,
} from './small.test.support.js';

/** A trained teacher, and its rankings as a file. */
async function exported(name = 'mine.csv', teacher?: string): Promise<{ file: string; job: Job }> {
  const dataset = await smallData();
  const job = await runJob({ dataset, kernels, model: 'bpr-mf', options: quick, evaluation });
  const folder = newFolder();
  mkdirSync(folder);
  const file = join(folder, name);
  const { checkpoints, observed } = job.teacher.trajectory;
  const entries = checkpoints.map(({ epoch, rankings }, c) => ({
    checkpoint: epoch,
    ...(teacher === undefined ? {} : { teacher }),
    lists: c === checkpoints.length - 1 ? [rankings, job.rankings, observed!] : [rankings],
  }));
  await writeRankingsTable(file, dataset, entries);
  return { file, job };
}

async function imported(file: string, more: { folder?: string; overwrite?: boolean } = {}) {
  const dataset = await smallData();
  const external = await readExternalRankings(file, dataset, createEvaluator(dataset, evaluation).depth);
  return importTeachers({ dataset, external, name: 'mine', evaluation, source: { data: SMALL }, ...more });
}

test('an imported teacher is a finished run with the rankings of the exported model', async () => {
  const { file, job } = await exported();
  const folder = newFolder();
  const [teacher, ...others] = await imported(file, { folder });
  assert.deepEqual([others.length, teacher!.name, teacher!.folder], [0, 'mine', join(folder, '')]);
  const { outcome } = teacher!;
  assert.deepEqual(outcome.rankings, job.rankings);
  assert.deepEqual(outcome.evaluation, job.evaluation);
  assert.deepEqual(outcome.teacher.trajectory, { ...job.teacher.trajectory, teacher: 'mine' });
  assert.ok(outcome.teacher.trajectory.checkpoints.every((c) => c.metrics['recall@10']! > 0));
  const { parameters, bytes, latencyMicroseconds, seconds, model } = outcome.result;
  assert.deepEqual(
    [parameters, bytes, latencyMicroseconds, seconds, model],
    [undefined, undefined, undefined, undefined, 'external'],
  );

  const run = readFinishedRun(folder);
  assert.deepEqual([run.result, run.rankings, run.manifest.kind], [outcome.result, outcome.rankings, 'import']);
  assert.deepEqual(run.source, { data: SMALL });
  assert.deepEqual(contentsOf(readTeacher(folder)), contentsOf(outcome.teacher));
  assert.deepEqual(readRankings(join(folder, jobFiles.rankings)).rankings, job.rankings);
  const epochs = readJsonLines(join(folder, 'metrics.jsonl')).map((line) => (line as { epoch: number }).epoch);
  assert.deepEqual(
    epochs,
    job.teacher.trajectory.checkpoints.map((c) => c.epoch),
  );
  assert.match(readFileSync(join(folder, 'import.json'), 'utf8'), /"gaps"/);
});

test('the same rankings are the same run, in another format too; others are refused without overwrite', async () => {
  const folder = newFolder();
  const { file } = await exported();
  const [first] = await imported(file, { folder });
  assert.equal(first!.outcome.reused, false);
  const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
  const shuffled = join(newFolder(), '..', 'shuffled.csv');
  writeFileSync(shuffled, [rows[0], ...rows.slice(1).reverse()].join('\n'));
  for (const same of [file, shuffled, (await exported('mine.parquet')).file]) {
    const [again] = await imported(same, { folder });
    assert.equal(again!.outcome.reused, true);
    assert.deepEqual(contentsOf(again!.outcome.teacher), contentsOf(first!.outcome.teacher));
    assert.deepEqual(again!.outcome.evaluation, first!.outcome.evaluation);
  }
  const [header, one, two] = rows.map((row) => row.split(','));
  assert.deepEqual([one![2], two![2]], ['1', '2']);
  const swapped = join(newFolder(), '..', 'swapped.csv');
  const lines = [header, [one![0], one![1], '2', one![3]], [two![0], two![1], '1', two![3]]].map((fields) =>
    fields!.join(','),
  );
  writeFileSync(swapped, [...lines, ...rows.slice(3)].join('\n'));
  await assert.rejects(imported(swapped, { folder }), refusedAs('run-differs', /"rankings" was/));
  const [other] = await imported(swapped, { folder, overwrite: true });
  assert.equal(other!.outcome.reused, false);
  assert.notDeepEqual(other!.outcome.teacher.hash, first!.outcome.teacher.hash);
});

test('an interrupted import starts again and gives the same files', async () => {
  const { file } = await exported();
  const [straight, broken] = [newFolder(), newFolder()];
  await imported(file, { folder: straight });
  await imported(file, { folder: broken });
  // As if the process had been killed before the end was written.
  rmSync(join(broken, jobFiles.result));
  const [again] = await imported(file, { folder: broken });
  assert.equal(again!.outcome.reused, false);
  assert.equal(
    readFileSync(join(broken, 'metrics.jsonl'), 'utf8'),
    readFileSync(join(straight, 'metrics.jsonl'), 'utf8'),
  );
});

test('a file that names its teachers makes a run for each, in a folder that its name allows', async () => {
  const { file } = await exported('mine.csv', 'GRU (v2)/größe');
  const folder = newFolder();
  const [teacher] = await imported(file, { folder });
  assert.deepEqual(
    [teacher!.name, teacher!.outcome.teacher.trajectory.teacher],
    ['mine/GRU-v2-größe', 'GRU (v2)/größe'],
  );
  assert.deepEqual(readdirSync(folder), ['GRU-v2-größe']);
  const rows = readFileSync(file, 'utf8').trimEnd();
  const twin = rows
    .split('\n')
    .slice(1)
    .map((row) => row.replace('GRU (v2)', 'gru v2'))
    .join('\n');
  writeFileSync(file, `${rows}\n${twin}\n`);
  await assert.rejects(imported(file, { folder }), refusedAs('usage', /would share the folder/));
  writeFileSync(file, rows.replaceAll('GRU (v2)/größe', '...'));
  await assert.rejects(imported(file, { folder }), refusedAs('usage', /"\.\.\." cannot name a folder/));

  const plain = newFolder();
  await imported((await exported()).file, { folder: plain });
  writeFileSync(file, rows);
  await assert.rejects(imported(file, { folder: plain }), refusedAs('usage', /is a run, so/));
  assert.ok(isFinishedRun(plain));
});

test('the name of a file is the name of its run', () => {
  assert.equal(nameOfFile('/x/sas rec.v2.csv.gz'), 'sas-rec');
  assert.equal(nameOfFile('.csv'), 'rankings');
});

const plan = (teachers: readonly object[]) => ({
  name: 'tiny',
  data: { data: SMALL },
  evaluation,
  teachers,
  students: [
    { model: 'bpr-mf', method: 'none', ...quick, dim: 2 },
    { model: 'bpr-mf', ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10, lambda: 0.1 },
  ],
});

test('a pipeline takes files of rankings beside models; their unknown properties are absent', async () => {
  const { file } = await exported('two.csv', 'first');
  const rows = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, [...rows, ...rows.slice(1).map((row) => row.replace('first', 'second'))].join('\n'));
  const events: PlanEvent[] = [];
  const input = plan([{ model: 'ease' }, { rankings: file, name: 'theirs', checkpoint: 'none', rank: 'rank' }]);
  // Without checkpoints the ranks of all of them are in one list.
  await assert.rejects(runPipeline(input, { kernels }), refusedAs('bad-data', /two items at rank \d+/));
  const right = plan([{ model: 'ease' }, { rankings: file, name: 'theirs' }]);
  const runs = newFolder();
  const { rows: made } = await runPipeline(right, { kernels, runs, listen: (e) => events.push(e) });
  assert.deepEqual(
    made.map((r) => [r.role, r.name, r.model]),
    [
      ['teacher', 'ease', 'ease'],
      ['teacher', 'theirs/first', 'external'],
      ['teacher', 'theirs/second', 'external'],
      ['ensemble', 'ensemble', 'ease + theirs/first + theirs/second'],
      ['size-matched', 'alone-ials-dim2', 'ials'],
      ['size-matched', 'alone-mf-dim2', 'mf'],
      ['student', 'student-none', 'bpr-mf'],
      ['student', 'student-hetcomp', 'bpr-mf'],
    ],
  );
  const unknown = (at: number) =>
    ['parameters', 'bytes', 'latencyMicroseconds', 'seconds'].filter((what) => !(what in made[at]!));
  assert.deepEqual([unknown(0).length, unknown(1).length, unknown(3).length, unknown(7).length], [0, 4, 4, 0]);
  const student = readFinishedRun(join(runs, 'tiny', 'student-hetcomp'));
  assert.deepEqual(Object.keys(student.manifest.inputs), ['teacher 1: ease', 'teacher 2: first', 'teacher 3: second']);
  assert.ok(events.some((e) => e.type === 'rankings' && e.job === 'theirs' && e.report.teachers.length === 2));
  const again = await runPipeline(right, { kernels, runs, listen: (e) => events.push(e) });
  assert.deepEqual(again.rows, made);
});

test('an invalid entry of a teacher is refused before any work', async () => {
  const { file } = await exported();
  const events: PlanEvent[] = [];
  const refuses = (entry: object, ...args: Parameters<typeof refusedAs>) =>
    assert.rejects(runPipeline(plan([entry]), { kernels, listen: (e) => events.push(e) }), refusedAs(...args));
  await refuses({ rankings: file, model: 'bpr-mf' }, 'bad-option', /teachers\.0.*either a model or a file/);
  await refuses({}, 'bad-option', /either a model or a file/);
  await refuses({ rankings: file, epochs: 3 }, 'unknown-option', /"epochs" for the rankings of/);
  await refuses({ rankings: file, name: '../x' }, 'bad-option');
  assert.equal(events.length, 0);
  await refuses({ rankings: `${file}.none` }, 'file-missing');
  assert.ok(
    events.every((e) => e.type === 'data'),
    'nothing was trained',
  );
});
