import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensembleKind } from '../distill/index.js';
import { loadData } from './data.js';
import { ensemble } from './ensemble.js';
import { judged, quick, smallData } from './small.test.support.js';
import { distill, train } from './train.js';

const data = await smallData();
const runs = [
  await train('rp3beta', { data, ...judged }),
  await train('ease', { data, ...judged }),
  await train('item-knn', { data, ...judged }),
];
const best = ensembleKind({
  ...{ name: 'best', summary: 'only the best member', source: 'none' },
  weigh: ({ members }) => {
    const most = Math.max(...members.map((m) => m.value));
    return { weights: members.map((m) => Number(m.value === most)) };
  },
});

test('an ensemble of runs has weights from valid, and metrics and lists on test', async () => {
  const chosen = await ensemble(runs);
  assert.equal(chosen.kind, 'greedy');
  assert.deepEqual(
    chosen.members.map((m) => [m.name, m.value]),
    runs.map((run) => [run.name, run.validMetrics[chosen.metric as `${string}@${number}`]]),
    'the value of a member alone is that of its run on valid',
  );
  assert.ok(chosen.value >= Math.max(...chosen.members.map((m) => m.value)));
  assert.ok(Math.abs(chosen.members.reduce((sum, m) => sum + m.weight, 0) - 1) < 1e-12);
  assert.equal(chosen.rankings.nUsers, data.train.nUsers);
  const equal = await ensemble(runs, { weights: 'equal' });
  assert.deepEqual([equal.value, equal.metrics], [chosen.equal.value, chosen.equal.metrics]);
  assert.deepEqual(await ensemble(runs), chosen);
});

test('a rule of a user weighs an ensemble and teaches a student', async () => {
  const chosen = await ensemble(runs, { weights: best });
  const used = chosen.members.filter((m) => m.weight > 0);
  assert.equal(used.length, 1);
  const only = runs.find((run) => run.name === used[0]!.name)!;
  assert.deepEqual(chosen.metrics, only.metrics);
  const o = { student: 'bpr-mf', ...quick, ...judged, dim: 2 } as const;
  const taught = await distill('rrd', { teachers: runs, ensemble: best, ...o });
  assert.equal(taught.options.ensemble, 'best');
  const alone = await distill('rrd', { teachers: [only], ...o });
  assert.deepEqual(taught.rankings.items, alone.rankings.items);
});

test('what cannot be weighed is refused', async () => {
  await assert.rejects(ensemble([]), /needs runs; the list is empty/);
  await assert.rejects(ensemble([runs[0]!, runs[1]!, runs[0]!]), /is named twice/);
  const others = await loadData('synthetic:60x80x900');
  await assert.rejects(ensemble([runs[0]!, await train('top-pop', { data: others })]), /different data/);
  await assert.rejects(ensemble(runs, { weights: 'best-of-all' }), /best-of-all/);
  await assert.rejects(ensemble(runs, { temperature: 0 }), /"temperature" of ensemble/);
});
