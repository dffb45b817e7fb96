import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../../eval/index.js';
import type { Role } from '../../experiment/index.js';
import { type PipelineRow, pipelineOptions } from '../../experiment/index.js';
import { parseOptions } from '../../options/options.js';
import { pipelineTable } from './pipeline.js';

const USERS = 60;
const options = parseOptions(
  pipelineOptions,
  { teachers: [{ model: 'bpr-mf' }], students: [{ model: 'bpr-mf' }], evaluation: { at: [5], selectBy: 'recall@5' } },
  'pipeline',
);

/** Values around `mean` that differ from user to user in a way of their own. */
function evaluation(mean: number, wave: number): Evaluation {
  const values = Float64Array.from({ length: USERS }, (_, u) => mean + 0.02 * Math.sin(u * wave));
  const average = values.reduce((a, b) => a + b, 0) / USERS;
  return {
    users: Int32Array.from(values.keys()),
    usersLeftOut: 0,
    perUser: { 'recall@5': values, 'ndcg@5': values },
    means: { 'recall@5': average, 'ndcg@5': average },
    beyondAccuracy: { evaluatedUsers: {}, allUsers: {} },
  };
}

const row = (role: Role, name: string, mean: number, more: Partial<PipelineRow> = {}): PipelineRow => ({
  ...{ role, name, model: name, parameters: 1000, bytes: 4000, bundleBytes: 9000, latencyMicroseconds: 40, seconds: 1 },
  evaluation: evaluation(mean, name.length),
  ...more,
});

const rows = [
  row('baseline', 'ease', 0.5),
  row('baseline', 'top-pop', 0.1),
  row('teacher', 'bpr-mf', 0.4),
  row('teacher', 'lightgcn', 0.55),
  row('ensemble', 'ensemble', 0.6, { parameters: 20_000, bytes: 80_000, latencyMicroseconds: 120 }),
  row('student', 'alone', 0.3, { model: 'bpr-mf', method: 'none' }),
  row('student', 'taught', 0.45, { model: 'bpr-mf', method: 'hetcomp', parameters: 1000 }),
];

test('a baseline that is better than a teacher has a mark and a note', () => {
  const text = pipelineTable(rows, [], options).table.toText();
  assert.match(text, /^baseline {2}ease \* /m);
  assert.doesNotMatch(text, /top-pop \*/);
  assert.match(text, /^\* {2}ease is better than bpr-mf in R@5\.$/m);
});

test('a student is compared with the same student without distillation and with the ensemble', () => {
  const text = pipelineTable(rows, ['ease'], options).table.toText();
  assert.match(
    text,
    /taught against the same student without distillation: R@5 \+(49|50)\.\d %, significantly better \(p < 0\.0001, paired t test/,
  );
  assert.match(
    text,
    /taught keeps 7[45]\.\d % of the ensemble's R@5, has 20 times fewer parameters and answers 3 times faster\. Its bundle has 9\.0 kB\./,
  );
  assert.match(text, /1 of 6 runs were already finished: ease\./);
});

test('a difference that is not significant is not called better or worse', () => {
  const same = rows.map((r) => (r.name === 'taught' ? { ...r, evaluation: rows.at(-2)!.evaluation } : r));
  assert.match(pipelineTable(same, [], options).table.toText(), /not significant \(p is not defined/);
  const worse = rows.map((r) => (r.name === 'taught' ? { ...r, evaluation: evaluation(0.2, 3) } : r));
  assert.match(pipelineTable(worse, [], options).table.toText(), /R@5 -3\d\.\d %, significantly worse/);
});

test('students of other sizes are not compared', () => {
  const larger = rows.map((r) => (r.name === 'taught' ? { ...r, parameters: 2000 } : r));
  assert.doesNotMatch(pipelineTable(larger, [], options).table.toText(), /against the same student/);
});

test('the JSON form has every row with its metrics', () => {
  const json = pipelineTable(rows, ['ease'], options).toJson();
  assert.deepEqual(
    json.rows.map((r) => r.name),
    rows.map((r) => r.name),
  );
  assert.deepEqual(
    json.rows.map((r) => r.reused),
    rows.map((r) => r.name === 'ease'),
  );
  assert.ok('recall@5' in json.rows[0]!.metrics);
});
