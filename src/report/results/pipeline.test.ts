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

test('the first note on a student is its gain over the best row of its dim without teachers', () => {
  const sized = rows.map((r) => (r.role === 'student' || r.name === 'bpr-mf' ? { ...r, dim: 6 } : r));
  const matched = [
    row('size-matched', 'alone-ials-dim6', 0.32, { dim: 6 }),
    row('size-matched', 'alone-mf-dim6', 0.36, { dim: 6, parameters: 999 }),
    row('size-matched', 'alone-ials-dim8', 0.44, { dim: 8 }),
  ];
  const notesOf = (of: readonly PipelineRow[]) => {
    const report = pipelineTable(of, [], options);
    return { notes: report.table.notes!.filter((note) => note.startsWith('taught against')), json: report.toJson() };
  };
  const all = notesOf([...sized.filter((r) => r.name !== 'bpr-mf'), ...matched]);
  assert.equal(all.notes.length, 2);
  assert.match(
    all.notes[0]!,
    /^taught against the best model of its size that is trained directly, alone-mf-dim6: R@5 \+2\d\.\d %, significantly better \(p < 0\.0001, paired/,
  );
  assert.match(all.notes[1]!, /the same student without distillation: R@5 \+(49|50)/);
  assert.deepEqual(
    all.json.gains.map((g) => [g.name, g.against, g.metric]),
    [
      ['taught', 'alone-mf-dim6', 'recall@5'],
      ['taught', 'alone-mf-dim6', 'ndcg@5'],
    ],
  );
  // A teacher of this dim counts, too.
  assert.equal(notesOf([...sized, ...matched]).json.gains[0]!.against, 'bpr-mf');
  // The same comparison is not printed twice.
  assert.equal(notesOf(sized.filter((r) => r.name !== 'bpr-mf')).notes.length, 1);
});

test('without a student alone, the transfer ratio takes the size-matched baseline of its model', () => {
  const own = row('size-matched', 'alone-bpr-mf-dim6', 0.3, { model: 'bpr-mf', dim: 6 });
  const json = pipelineTable([...rows.filter((r) => r.name !== 'alone'), own], [], options).toJson();
  const transfer = json.rows.find((r) => r.name === 'taught')!.transfer!;
  assert.ok(Math.abs(transfer - 0.5) < 0.1, String(transfer));
});

test('a difference that is not significant is not called better or worse', () => {
  const same = rows.map((r) => (r.name === 'taught' ? { ...r, evaluation: rows.at(-2)!.evaluation } : r));
  assert.match(pipelineTable(same, [], options).table.toText(), /not significant \(p is not defined/);
  const worse = rows.map((r) => (r.name === 'taught' ? { ...r, evaluation: evaluation(0.2, 3) } : r));
  assert.match(pipelineTable(worse, [], options).table.toText(), /R@5 -3\d\.\d %, significantly worse/);
});

test('the transfer ratio is the share of the lead of the ensemble that the student has', () => {
  const ratioOf = (of: readonly PipelineRow[]) => {
    const report = pipelineTable(of, [], options);
    const { columns, rows: lines } = report.table;
    const row = report.toJson().rows.find((r) => r.name === 'taught')!;
    return {
      column: columns.some((c) => c.id === 'transfer'),
      cell: lines.find((r) => r.cells.model === 'taught')!.cells.transfer,
      json: row.transfer,
    };
  };
  const meanOf = (name: string) => rows.find((r) => r.name === name)!.evaluation.means['recall@5']!;
  const alone = meanOf('alone');
  const expected = (meanOf('taught') - alone) / (meanOf('ensemble') - alone);
  assert.ok(Math.abs(expected - 0.5) < 0.1);
  assert.deepEqual(ratioOf(rows), { column: true, cell: expected, json: expected });
  // The ensemble is no better, there is no ensemble, or no student of this size alone.
  const none = { column: false, cell: undefined, json: undefined };
  const weak = rows.map((r) => (r.name === 'ensemble' ? { ...r, evaluation: evaluation(0.2, 3) } : r));
  assert.deepEqual(ratioOf(weak), none);
  assert.deepEqual(ratioOf(rows.filter((r) => r.name !== 'ensemble')), none);
  assert.deepEqual(ratioOf(rows.map((r) => (r.name === 'taught' ? { ...r, parameters: 2000 } : r))), none);
});

test('weights of an ensemble are noted, with its members and those that were not chosen', () => {
  const member = (name: string, weight: number) => ({ name, weight, value: 0.3 });
  const ensemble = {
    ...{ kind: 'greedy', metric: 'recall@5', temperature: 40, cutoff: 100, value: 0.4 },
    members: [member('bpr-mf', 0.75), member('lightgcn', 0.25), member('ease', 0)],
    additions: [0, 1, 0, 0].map((at, n) => ({ member: at, value: 0.3 + n / 100 })),
  };
  const weighed = rows.map((r) => (r.role === 'ensemble' ? { ...r, ensemble } : r));
  const text = pipelineTable(weighed, [], options).table.toText();
  assert.match(
    text,
    /Weights of ensemble \(greedy, on valid\): bpr-mf 75\.0 % and lightgcn 25\.0 %\. Not chosen: ease\. Valid R@5 after each addition: bpr-mf 0\.3000, lightgcn 0\.3100, bpr-mf 0\.3200, bpr-mf 0\.3300\./,
  );
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
