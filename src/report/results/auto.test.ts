import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../../data/index.js';
import { createEvaluator, evaluationOptions } from '../../eval/index.js';
import { type AutoCandidate, type AutoResult, planAuto } from '../../experiment/index.js';
import { autoNotes, autoRows, autoTable, budgetTable, frontierTable } from './auto.js';

const dataset = await loadDataset({ data: 'synthetic:60x80x900' });
const evaluation = evaluationOptions.parse({ at: [10], selectBy: 'recall@10' });
const plan = planAuto({ dataset, evaluation, options: { timeBudget: '16s' } });
const { nUsers, nItems } = dataset.train;
/** The same list for everyone. */
const tested = createEvaluator(dataset, evaluation).test({
  ...{ nUsers, nItems, depth: nItems },
  items: Int32Array.from({ length: nUsers * nItems }, (_, at) => at % nItems),
});

const candidate = (name: string, kind: AutoCandidate['kind'], bytes: number, value: number): AutoCandidate => ({
  ...{ name, kind, bytes, value, microseconds: 3, dim: 8, model: 'fism', perUser: [] },
  method: kind === 'student' ? 'softmax' : 'none',
  result: { name, job: name, evaluation: tested, reused: false },
});
const [student, direct, large] = [
  candidate('1/softmax-fism-8', 'student', 1000, 0.38),
  candidate('1/direct-fism-8', 'direct', 1000, 0.37),
  candidate('1/softmax-fism-16', 'student', 2000, 0.39),
];
const alone = {
  job: { kind: 'train', name: '0/ease', model: 'ease', method: 'none', options: {}, teachers: [] },
  result: { name: '0/ease', job: '0/ease', evaluation: tested, reused: false },
} as const;
const result = (more: Partial<AutoResult> = {}): AutoResult => ({
  ...plan,
  choice: {
    ...{ chosen: student, keeps: true, share: 0.95, reasons: [] },
    ...{ larger: { candidate: large, p: 0.4 }, rival: { candidate: direct, p: 0.01 } },
  },
  ensemble: { rung: 0, value: 0.4, perUser: [], members: [alone, alone], evaluation: tested },
  single: { alone, value: 0.39, p: 0.001 },
  ...{ candidates: [student, direct, large], frontier: [student, large], notes: ['0/cml is left out: it diverged'] },
  ...more,
});

test('the rows: the ensemble, its best member, the choice and what it was tested against', () => {
  assert.deepEqual(
    autoRows(result()).map(({ what, name, share, p }) => [what, name, Number(share.toFixed(3)), p]),
    [
      ['ensemble', '0/ensemble', 1, undefined],
      ['best single model', '0/ease', 0.975, 0.001],
      ['chosen', '1/softmax-fism-8', 0.95, undefined],
      ['next larger', '1/softmax-fism-16', 0.975, 0.4],
      ['without teachers', '1/direct-fism-8', 0.925, 0.01],
    ],
  );
  // (0.38 - 0.37) / (0.4 - 0.37) and (0.39 - 0.37) / (0.4 - 0.37): both have dim 8 here.
  assert.deepEqual(
    autoRows(result()).map(({ transfer }) => transfer && Number(transfer.toFixed(3))),
    [undefined, undefined, 0.333, 0.667, undefined],
  );
  const text = autoTable(result()).toText();
  assert.match(text, /^chosen +1\/softmax-fism-8 +8 +0\.3800 +95\.0 % +33\.3 %/m);
  assert.match(
    text,
    /without teachers of its size, 1\/direct-fism-8, has 0\.3700 on valid against 0\.3800 \(p = 0\.0100\)/,
  );
  assert.match(text, /^0\/cml is left out: it diverged$/m);
  assert.match(frontierTable(result()).toText(), /^1\/softmax-fism-8 {2}<- /m);
  assert.match(budgetTable(plan).toText(), /^ +2 .* yes\n +3 .* no$/m);
});

test('it does not sell: an ensemble that is no better, a student that is replaced, no student at all', () => {
  const notes = (more: Partial<AutoResult>) => autoNotes(result(more)).join('\n');
  assert.match(
    notes({ single: { alone, value: 0.4, p: 0.3 } }),
    /0\/ease alone is not significantly worse than the ensemble/,
  );
  assert.match(notes({ ensemble: { ...result().ensemble, members: [alone] } }), /The best ensemble is 0\/ease alone/);
  const replaced = {
    ...{ chosen: direct, keeps: true, share: 0.93, reasons: [] },
    rival: { candidate: student, p: 0.2 },
  };
  assert.match(
    notes({ choice: replaced }),
    /The best student of its size, 1\/softmax-fism-8, has 0\.3800 on valid against 0\.3700 \(p = 0\.2000\)/,
  );
  assert.match(notes({ choice: replaced }), /No larger model within the limits is better on valid/);
  assert.match(notes({ within: 1 }), /too small for students/);
  assert.doesNotMatch(notes({}), /too small for students|alone is/);
});
