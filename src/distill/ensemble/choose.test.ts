import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dataset, fromPairs } from '../../data/interactions.js';
import type { Rankings } from '../../data/rankings.js';
import { RecdistillError } from '../../errors.js';
import { createEvaluator } from '../../eval/evaluation.js';
import { chooseEnsemble } from './choose.js';
import { ensembleKind, ensembleOf } from './weights/index.js';

const ITEMS = 10;
/** Two users; each is given the item 0 on valid. */
const valid = fromPairs(2, ITEMS, [0, 1], [0, 0]);
const train = fromPairs(2, ITEMS, [0, 1], [9, 9]);
const evaluator = createEvaluator({ train, valid, test: valid } as Dataset, { at: [1], selectBy: 'recall@1' });
const part = { valid, evaluator };
const importance = { importance: 'rank', temperature: 10, cutoff: 100 } as const;
const lists = (...of: readonly (readonly number[])[]): Rankings => ({
  ...{ nUsers: 2, nItems: ITEMS, depth: 3 },
  items: Int32Array.from(of.flat()),
});
/** Right for the first user, for the second, and for none. */
const members = [
  { name: 'first', lists: lists([0, 1, 2], [1, 0, 2]), parameters: 10 },
  { name: 'second', lists: lists([1, 0, 2], [0, 1, 2]) },
  { name: 'none', lists: lists([3, 4, 5], [3, 4, 5]), parameters: 5 },
];
const chosen = (kind: Parameters<typeof ensembleOf>[0], of = members) =>
  chooseEnsemble(of, ensembleOf(kind), importance, part, async () => {});

test('values alone, weights that sum to 1, and what the ensemble is without each member', async () => {
  const { value, members: found, additions, ...rest } = await chosen('valid');
  assert.deepEqual(rest, { kind: 'valid', metric: 'recall@1', temperature: 10, cutoff: 100 });
  // Items 0 and 1 tie in the sum of both lists, and the lower id is the right one.
  assert.equal(value, 1);
  assert.deepEqual(found, [
    { name: 'first', parameters: 10, value: 0.5, weight: 0.5, without: 0.5 },
    { name: 'second', value: 0.5, weight: 0.5, without: 0.5 },
    { name: 'none', parameters: 5, value: 0, weight: 0 },
  ]);
  assert.deepEqual(additions, [
    { member: 0, value: 0.5 },
    { member: 1, value: 1 },
  ]);
});

test('equal weights weigh every member, greedy leaves out the one that adds nothing', async () => {
  assert.deepEqual(
    (await chosen('equal')).members.map((m) => m.weight),
    [1 / 3, 1 / 3, 1 / 3],
  );
  const { members: found, value } = await chosen('greedy');
  assert.deepEqual([found.map((m) => m.weight), value], [[0.5, 0.5, 0], 1]);
});

test('a single member has the whole weight under every rule', async () => {
  for (const kind of ['equal', 'valid', 'greedy'] as const) {
    const { members: found } = await chosen(kind, members.slice(2));
    assert.deepEqual(found, [{ name: 'none', parameters: 5, value: 0, weight: 1 }]);
  }
});

test('a rule of a user that returns no weights is named', async () => {
  const about = { summary: 'x', source: 'x' };
  for (const [at, weights] of [[], [1, 2], [1, -1, 1], [0, 0, 0], [1, Number.NaN, 1]].entries()) {
    const rule = ensembleKind({ ...about, name: `wrong-${at}`, weigh: () => ({ weights }) });
    await assert.rejects(
      chosen(rule),
      (e) =>
        e instanceof RecdistillError &&
        e.code === 'broken-unit' &&
        /wrong-\d/.test(e.message) &&
        /3 numbers/.test(e.message),
    );
  }
});
