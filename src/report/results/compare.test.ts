import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import type { Evaluation } from '../../eval/index.js';
import { type ComparedRun, compareRuns } from './compare.js';

const USERS = 50;

/** Values of users around `mean`; coverage has none. */
function evaluation(mean: number, wave: number): Evaluation {
  const values = Float64Array.from({ length: USERS }, (_, u) => mean + 0.1 * Math.sin(u * wave));
  const means = { 'recall@5': values.reduce((a, b) => a + b, 0) / USERS };
  return {
    ...{ users: Int32Array.from(values.keys()), usersLeftOut: 0, perUser: { 'recall@5': values }, means },
    beyondAccuracy: { evaluatedUsers: { 'coverage@5': 0.5 }, allUsers: { 'coverage@5': 0.6 } },
  };
}

const runs: readonly ComparedRun[] = [
  {
    name: 'ease',
    evaluation: evaluation(0.3, 1),
    model: 'ease',
    parameters: 1000,
    bytes: 4000,
    bundleBytes: 5500,
    seconds: 61,
  },
  { name: 'same', evaluation: evaluation(0.3, 1) },
  { name: 'better', evaluation: evaluation(0.4, 2), latencyMicroseconds: 5 },
];

test('two tables: values with marks, then differences; metrics over lists have no test', () => {
  const comparison = compareRuns(runs, { metrics: ['recall@5', 'coverage@5', 'recall@5'] });
  const value = (n: number) => runs[n]!.evaluation.means['recall@5']!.toFixed(4);
  const { difference, interval } = comparison.tests[1]!;
  assert.deepEqual(comparison.toText().split('\n'), [
    'Test part, full ranking, mean over 50 users. Marks: significantly different from ease',
    '(paired t test, Holm; * p < 0.05, ** p < 0.01, *** p < 0.001).',
    '',
    'run       recall@5  coverage@5  parameters  bundle  top 10 in    training',
    '-------------------------------------------------------------------------',
    `ease    ${value(0)}          0.5000       1,000  5.5 kB          -  1 min 01 s`,
    `same    ${value(1)}          0.5000           -       -          -           -`,
    `better  ${value(2)} ***      0.5000           -       -     5.0 us           -`,
    '',
    'Differences to ease, paired over users:',
    '',
    'metric    run      value  difference  relative     95 % interval            adjusted p',
    '--------------------------------------------------------------------------------------',
    `recall@5  same    ${value(1)}     +0.0000    +0.0 %  0.0000 to 0.0000  p is not defined`,
    `recall@5  better  ${value(2)}     +${difference.toFixed(4)}   +${((100 * difference) / runs[0]!.evaluation.means['recall@5']!).toFixed(1)} %  ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}        p < 0.0001 ***`,
  ]);
  assert.match(
    comparison.toMarkdown(),
    /^\| better \| 0\.\d{4} \\\*\\\*\\\* \| 0\.5000 \| - \| - \| 5\.0 us \| - \|$/m,
  );
  assert.equal(comparison.toHtml().match(/<table>/g)?.length, 2);
});

test('as CSV and JSON: whole numbers', () => {
  const comparison = compareRuns(runs, { metrics: ['recall@5', 'coverage@5'], against: 'better', data: 'tiny' });
  const [head, ...lines] = comparison
    .toCsv()
    .split('\n')
    .map((line) => line.split(','));
  assert.equal(
    head!.join(),
    'run,metric,value,against,difference,percent,low,high,p,adjusted_p,mark,parameters,bytes,bundle_bytes,latency_us,training_seconds',
  );
  assert.deepEqual(
    lines.map((line) => line.length),
    Array(6).fill(16),
  );
  const [first] = comparison.tests;
  assert.deepEqual(lines[0]!.slice(0, 5), [
    ...['ease', 'recall@5', String(first!.mean), 'better', String(first!.difference)],
  ]);
  assert.deepEqual(lines[0]!.slice(11), ['1000', '4000', '5500', '', '61']);
  assert.deepEqual(lines[1]!.slice(0, 5), ['ease', 'coverage@5', '0.5', '', '']);
  const { runs: json, ...rest } = comparison.toJson();
  assert.deepEqual(rest, { against: 'better', part: 'test', nUsers: USERS, data: 'tiny', test: 't', adjust: 'holm' });
  assert.deepEqual(Object.keys(json[0]!), [
    'name',
    'model',
    'parameters',
    'bytes',
    'bundleBytes',
    'seconds',
    'metrics',
  ]);
  assert.equal(json[0]!.metrics['recall@5']!.adjustedP, first!.adjustedP);
  assert.deepEqual(json[2]!.metrics['recall@5'], { value: first!.base });
  assert.deepEqual(json[0]!.metrics['coverage@5'], { value: 0.5 });
});

test('what cannot be compared is refused', () => {
  for (const [given, options, code, message] of [
    [runs.slice(1, 2), {}, 'usage', /two runs/],
    [[runs[0]!, runs[0]!], {}, 'usage', /called "ease"/],
    [runs, { against: 'nobody' }, 'unknown-name', /"nobody"/],
    [runs, { metrics: ['recal@5'] }, 'unknown-name', /"recal@5"/],
  ] as const)
    assert.throws(
      () => compareRuns(given, options),
      (e) => e instanceof RecdistillError && e.code === code && message.test(e.message),
    );
});
