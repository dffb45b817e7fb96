import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../data/index.js';
import type { ComparisonRow } from '../../eval/index.js';
import { type StudyResult, type StudyRow, studyOptions } from '../../experiment/plans/study/index.js';
import { parseOptions } from '../../options/index.js';
import { type StudyJson, studyTables, studyTablesOf } from './study.js';

const dataset = await loadDataset({ data: 'synthetic:60x80x900' });

const row = (role: StudyRow['role'], name: string, recall: readonly number[], cost: Partial<StudyRow>): StudyRow => ({
  ...{ role, name, values: { 'recall@5': recall } },
  ...cost,
});
const rows = [
  row('teacher', 'ease', [0.2, 0.2], { parameters: 5000, seconds: 3 }),
  row('ensemble', 'ensemble', [0.3, 0.5], { parameters: 10_000, latencyMicroseconds: 20 }),
  row('student', 'none', [0.1, 0.3], { parameters: 100.5, latencyMicroseconds: 5 }),
  row('student', 'hetcomp', [0.3, 0.3], { parameters: 100, latencyMicroseconds: 5 }),
];
const comparison: ComparisonRow = {
  ...{ name: 'none', metric: 'recall@5', base: 0.3, mean: 0.2, difference: -0.1, relativeDifference: -1 / 3 },
  ...{ interval: { low: -0.2, high: -0.05 }, p: 0.01, adjustedP: 0.02, dz: -0.5 },
};

const choice = (weight: number) => ({
  ...{ kind: 'greedy', metric: 'recall@5', temperature: 40, cutoff: 100, value: 0.4, additions: [] },
  members: [weight, 1 - weight, 0].map((w, at) => ({ name: 'abc'[at]!, value: 0.3, weight: w })),
});

function study(more: Partial<StudyResult> = {}, input: object = {}): StudyResult {
  const options = parseOptions(studyOptions, { teachers: [{ model: 'ease' }], seeds: [0, 1], ...input }, 'study');
  return {
    ...{ options, dataset, metrics: ['recall@5'], rows, comparisons: [comparison], hiddenComparisons: [] },
    ...{ tuned: {}, notes: ['de is left out.'] },
    ...more,
  };
}

test('the transfer ratio over seeds, and weights as means over seeds', () => {
  const better = rows.map((r) => ({
    ...r,
    ...(r.role === 'student' ? { method: r.name, parameters: 100 } : {}),
    ...(r.role === 'ensemble' ? { ensembles: [choice(0.5), choice(1)] } : {}),
  }));
  const { table } = studyTables(study({ rows: better }, { evaluation: { at: [5], selectBy: 'recall@5' } }));
  const cells = Object.fromEntries(table.rows.map((r) => [r.cells.name, r.cells.transfer]));
  assert.ok(Math.abs(Number(cells.hetcomp) - (0.3 - 0.2) / (0.4 - 0.2)) < 1e-12);
  assert.deepEqual([cells.none, cells.ensemble, cells.ease], [undefined, undefined, undefined]);
  assert.match(
    table.toText(),
    /Weights of ensemble \(greedy, on valid, mean over seeds\): a 75\.0 % and b 25\.0 %\. Not chosen: c\./,
  );
});

test('values over seeds with marks, shares of the ensemble, differences, what the search chose', () => {
  const tuned = { hetcomp: { options: { lambda: 0.1 }, valid: 0.4, trials: 3, epochs: 1200, seconds: 61 } };
  const lines = studyTables(study({ tuned }, { methods: { none: { l2: 0.01 } } }))
    .toText()
    .split('\n');
  assert.deepEqual(lines.slice(1), [
    'Test part, full ranking; mean and standard deviation over seeds 0, 1, without a deviation where all seeds have the same run. Hyper-parameters and best epochs were chosen on valid.',
    '* p < 0.05 against hetcomp: paired t test over users, each with its mean over the seeds; Holm over the table.',
    'de is left out.',
    '',
    "role      name               recall@5  of ensemble's recall@5  parameters  of ensemble  top 10 in  of ensemble  training",
    '-'.repeat(110),
    'teacher   ease               0.2000                    50.0 %       5,000       50.0 %          -            -       3 s',
    'ensemble  ensemble  0.4000 ± 0.1414                   100.0 %      10,000      100.0 %    20.0 us      100.0 %         -',
    'student   none      0.2000 ± 0.1414 *                  50.0 %         101        1.0 %     5.0 us       25.0 %         -',
    'student   hetcomp   0.3000 ± 0.0000                    75.0 %         100        1.0 %     5.0 us       25.0 %         -',
    '',
    'Against hetcomp:',
    '',
    'name  metric    difference  relative       95 % interval  adjusted p',
    '--------------------------------------------------------------------',
    'none  recall@5     -0.1000   -33.3 %  -0.2000 to -0.0500  p = 0.0200',
    '',
    'Search on valid (recall@40), with the same number of trials for each method:',
    '',
    'method   best options   valid  trials  epochs        time',
    '---------------------------------------------------------',
    'hetcomp  lambda 0.1    0.4000       3   1,200  1 min 01 s',
    '',
    'Without a search, with the options of the study: none.',
  ]);
  assert.match(lines[0]!, /^synthetic: 59 users, 80 items\. Setup benchmark\. Student: model bpr-mf, dim 6\.$/);
});

test('a single seed has no deviation; hidden interactions have a table of their own', () => {
  const single = rows.map((r) => ({ ...r, values: { 'recall@5': r.values['recall@5']!.slice(0, 1) } }));
  const hidden = single.map((r) => ({ ...r, hidden: { 'recall@5': [0.7] } }));
  const text = studyTables(study({ rows: hidden }, { seeds: [3] })).toText();
  assert.doesNotMatch(text, /±/);
  assert.match(text, /full ranking; seed 3\./);
  assert.match(text, /^On the hidden interactions:\n\nrole .*\n-+\nteacher {3}ease +0\.7000 /m);
});

test('as a page and as JSON', () => {
  const tables = studyTables(study());
  assert.match(
    tables.toPage('methods'),
    /^# methods on synthetic\n\nsynthetic: 59 users(.|\n)*\| student \| none \| 0\.2000 ± 0\.1414 \\\* \|/,
  );
  const json = tables.toJson();
  assert.deepEqual(
    { ...json, rows: json.rows.length },
    {
      ...{ data: 'synthetic', fingerprint: dataset.fingerprint, setup: 'benchmark', seeds: [0, 1], against: 'hetcomp' },
      ...{ student: { model: 'bpr-mf', dim: 6 }, metrics: ['recall@5'], rows: 4, comparisons: [comparison] },
      ...{ hiddenComparisons: [], tuned: {}, notes: ['de is left out.'] },
      ...{ nUsers: 59, nItems: 80, selectBy: 'recall@40', fixed: [] },
    },
  );
  const read: StudyJson = JSON.parse(JSON.stringify(json));
  assert.equal(studyTablesOf(read).toPage('methods'), tables.toPage('methods'));
});
