/** The tables of the commands, as they are printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../../eval/index.js';
import type { ModelSearch, Trial } from '../../experiment/search/index.js';
import type { JobResult } from '../../runs/outcome.js';
import type { Printable } from '../table/index.js';
import {
  catalogTable,
  checksTable,
  costText,
  evaluationJson,
  evaluationTable,
  importedTable,
  leakageLines,
  metricsTable,
  pairTable,
  pairWorkText,
  perUserText,
  recommendationTable,
  searchTable,
  statisticsTable,
  trainedTable,
  workText,
} from './index.js';

const printed = (table: Printable, ...lines: readonly string[]) => assert.deepEqual(table.toText().split('\n'), lines);

const result: JobResult = {
  ...{ model: 'bpr-mf', method: 'none', options: {}, bestEpoch: 12, epochs: 40 },
  ...{ metrics: { 'recall@5': 0.1, 'ndcg@5': 0.2 }, parameters: 12_345, bytes: 49_380, bundleBytes: 61_200 },
  ...{ latencyMicroseconds: 5.25, seconds: 61 },
};

function evaluation(values: readonly number[]): Evaluation {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return {
    ...{ users: Int32Array.from(values.keys()), usersLeftOut: 0 },
    ...{ perUser: { 'recall@5': Float64Array.from(values) }, means: { 'recall@5': mean, 'ndcg@5': Number.NaN } },
    beyondAccuracy: { evaluatedUsers: { 'coverage@5': 0.5 }, allUsers: {} },
  };
}

test('one run; several runs of which one failed', () => {
  printed(
    metricsTable({ 'recall@5': 0.1, 'mrr@10': 0.25 }, [5, 10]),
    ...['test          @5     @10', '------------------------', 'recall    0.1000       -', 'ndcg           -       -'],
    ...['hit-rate       -       -', 'mrr            -  0.2500', 'map            -       -'],
  );
  assert.equal(workText(result), 'best epoch 12 of 40, 1 min 01 s');
  assert.equal(workText({ ...result, epochs: 0 }), '1 min 01 s');
  const end = 'exact top 10 of a user in 5.3 us on one thread.';
  assert.equal(costText(result), `12,345 parameters, a student bundle of 61.2 kB; ${end}`);
  const { bundleBytes: _, ...none } = result;
  assert.equal(costText(none), `12,345 parameters, 49.4 kB; ${end}`);
  const valid = { 'recall@5': 0.3 };
  printed(
    trainedTable(
      [
        { name: 'a', reused: true, valid, result },
        { name: 'b', error: { code: 'diverged' } },
      ],
      [5],
      'recall@5',
    ),
    'run  valid recall@5  test recall@5  test ndcg@5        time   bundle',
    '--------------------------------------------------------------------------------------',
    'a            0.3000         0.1000       0.2000  1 min 01 s  61.2 kB  already finished',
    'b                 -              -            -           -        -  failed: diverged',
  );
});

test('a pair before and after bd, with the metrics of the published code', () => {
  const outcome = {
    teacher: { result },
    student: { result: { ...result, parameters: 10, metrics: { 'recall@5': 0.3, 'bd-ndcg@5': 0.4 } } },
  };
  const before = { metrics: { 'recall@5': 0.05 }, parameters: undefined };
  printed(
    pairTable(
      outcome,
      [
        { role: 'teacher', name: 'big', ...before },
        { role: 'student', name: 'small', ...before },
      ],
      'bd',
      [5],
    ),
    'test     run                parameters  recall@5  ndcg@5  bd-ndcg@5',
    '-------------------------------------------------------------------',
    'teacher  before: big                 -    0.0500       -          -',
    'teacher  after: bd/teacher      12,345    0.1000  0.2000          -',
    'student  before: small               -    0.0500       -          -',
    'student  after: bd/student          10    0.3000       -     0.4000',
  );
  assert.equal(pairWorkText(outcome), 'best epochs 12 (teacher) and 12 (student) of 40, 1 min 01 s');
});

test('teachers of another program: their checkpoints on valid, the last on test', () => {
  const checkpoints = [3, 12].map((epoch) => ({ epoch, metrics: { 'recall@5': epoch / 100 } }));
  printed(
    importedTable([{ name: 'x', outcome: { result, teacher: { trajectory: { checkpoints } } } }], [5]),
    'run  part   epoch  recall@5  ndcg@5',
    '-----------------------------------',
    'x    valid      3    0.0300       -',
    'x    valid     12    0.1200       -',
    'x    test      12    0.1000  0.2000',
  );
});

test('an evaluation has a row for each run, or with many metrics a row for each metric', () => {
  const runs = [
    { name: 'a', evaluation: evaluation([0, 1]), dataset: { name: 'tiny', fingerprint: 'x' } },
    { name: 'b', evaluation: evaluation([0.5, 1]), dataset: { name: 'tiny', fingerprint: 'x' } },
  ];
  printed(
    evaluationTable(runs, [5, 5], 'hidden', false),
    ...['Hidden interactions, full ranking, mean over 2 users.', ''],
    ...['run  recall@5  ndcg@5', '---------------------', 'a      0.5000       -', 'b      0.7500       -'],
  );
  const all = evaluationTable(runs, [5], 'test', true).toText().split('\n');
  assert.deepEqual(all.slice(0, 5), [
    ...['Test part, full ranking, mean over 2 users.', '', 'metric             a       b'],
    ...['----------------------------', 'recall@5      0.5000  0.7500'],
  ]);
  const mixed = [runs[0]!, { name: 'c', evaluation: evaluation([1]), dataset: { name: 'tiny', fingerprint: 'y' } }];
  const text = evaluationTable(mixed, [5], 'test', false).toText();
  assert.match(text, /^Test part, full ranking, mean over the users\.\n/);
  assert.deepEqual(evaluationJson(runs, 'test'), {
    ...{ part: 'test', nUsers: 2 },
    runs: [
      { name: 'a', data: 'tiny', metrics: { 'recall@5': 0.5, 'ndcg@5': Number.NaN, 'coverage@5': 0.5 } },
      { name: 'b', data: 'tiny', metrics: { 'recall@5': 0.75, 'ndcg@5': Number.NaN, 'coverage@5': 0.5 } },
    ],
  });
  assert.match(text, /\n\nThe runs are of different data sets: their metrics cannot be compared\.$/);
});

test('values of users, as TSV', () => {
  const run = { name: 'a', evaluation: evaluation([0, 1]), userIds: ['u\t1', 'u2'] };
  assert.equal(perUserText([run]), 'run\tuser\trecall@5\na\tu 1\t0\na\tu2\t1\n');
});

const trial = (n: number, value: number | undefined, reason: Trial['reason'], more: Partial<Trial> = {}): Trial => ({
  ...{ model: 'bpr-mf', trial: n, options: { dim: n + 1, l2: 0.01 }, epochs: 9, reason, rungs: {}, seconds: 2 },
  ...(value === undefined ? {} : { value, bestEpoch: 7 }),
  ...more,
});

test('a search: its best trials, what it took and what it gained', () => {
  const trials = [
    trial(1, 0.22, 'patience'),
    trial(0, 0.2, 'epochs'),
    trial(3, 0.22, 'repeated'),
    trial(2, 0.1, 'stopped'),
    trial(4, undefined, 'failed', { error: { code: 'diverged', message: 'the loss is NaN' } }),
  ];
  const search: ModelSearch = {
    ...{ model: 'bpr-mf', trials, epochs: 1200, seconds: 9 },
    best: { trial: trials[0]!, options: {} },
  };
  printed(
    searchTable(search, 'recall@5'),
    'bpr-mf   valid recall@5  best epoch  end                        time  options',
    '------------------------------------------------------------------------------------',
    'trial 2          0.2200           7  patience ended at epoch 9   2 s  dim 2, l2 0.01',
    'trial 1          0.2000           7  all 9 epochs                2 s  dim 1, l2 0.01',
    'trial 3          0.1000           7  stopped after epoch 9       2 s  dim 3, l2 0.01',
    'trial 5               -           -  failed: diverged            2 s  dim 5, l2 0.01',
    '',
    '5 trials, 1 stopped early, 1 failed, 1 repeated; 1,200 epochs in 9 s. The best trial has +10.0 % recall@5 compared with trial 1:',
  );
  const note = (best: Trial | undefined) => {
    const { best: _, ...rest } = search;
    return searchTable({ ...rest, ...(best ? { best: { trial: best, options: {} } } : {}) }, 'recall@5').notes?.[0];
  };
  assert.match(note(trials[1])!, /9 s\. No trial was better than trial 1:$/);
  assert.match(note(undefined)!, /9 s\. All trials failed; the log has the errors\.$/);
});

test('a data set in numbers, what its split leaks, the named ones', () => {
  const summary = { min: 1, median: 2.5, max: 1234 };
  const table = statisticsTable({
    ...{ name: 'tiny', fingerprint: 'f', nUsers: 1000, nItems: 20 },
    interactions: { all: 5000, train: 3000, valid: 1000, test: 1000 },
    ...{ density: 0.0025, perUser: summary, perItem: summary, topItemsShare: { top1: 0.05, top10: 0.4, top50: 0.9 } },
    ...{ evaluated: { valid: 900, test: 950 }, cold: { nItems: 0, nUsers: 3 }, period: { from: 0, to: 86_400 } },
  });
  const lines = table.toText().split('\n');
  assert.deepEqual(
    lines.map((line) => line.replace(/ {2,}/, '  ')),
    [
      ...['measure  value', lines[1]!, 'users  1,000', 'items  20', 'interactions  5,000'],
      ...['train / valid / test  3,000 / 1,000 / 1,000', 'density  0.250 %'],
      'interactions per user: min / median / max  1 / 2.5 / 1,234',
      'interactions per item: min / median / max  1 / 2.5 / 1,234',
      'interactions with the top 1 % / 10 % of items  5.0 % / 40.0 %',
      ...['users evaluated on valid / test  900 / 950', 'items without train interactions  0'],
      ...['users without train interactions  3', 'period  1970-01-01 to 1970-01-02'],
    ],
  );
  assert.deepEqual(leakageLines([]), ['No leakage was found in the split.']);
  const [, second] = leakageLines([
    { check: 'shared-pairs', where: 'train', count: 1200, of: 2400, share: 0.5, explanation: 'Why.' },
  ]);
  assert.equal(second, '  train: 1,200 of 2,400 (50.0 %)');
  assert.match(
    catalogTable([{ name: 'x', title: 'X', where: 'cache' }]).toText(),
    /\nx +in the cache +X\nsynthetic +always available +Synthetic/,
  );
});

test('recommended items, and checks of a machine', () => {
  const item = (rank: number, itemId: string) => ({ rank, itemId, score: 1 / rank });
  printed(
    recommendationTable([item(1, 'i1'), { ...item(2, 'i2'), label: 'A name' }], new Set(['i2'])),
    '     item  name    score',
    '------------------------',
    '1    i1            1.000',
    '2 +  i2    A name  0.500',
  );
  printed(
    checksTable([
      { name: 'memory', value: '1 GB', ok: true },
      { name: 'disk', value: '1 MB', ok: false },
    ]),
    ...['    what    found', '-----------------', 'ok  memory  1 GB', 'NO  disk    1 MB'],
  );
});
