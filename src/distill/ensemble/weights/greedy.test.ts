import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greedy, MOST, TOLERANCE } from './greedy.js';

/** Values of ensembles by the counts of their members, such as `2,0,1`; any other is worth 0. */
const valuesOf = (values: Readonly<Record<string, number>>) => (weights: readonly number[]) => {
  const found = Object.entries(values).find(([key]) => {
    const counts = key.split(',').map(Number);
    const sum = counts.reduce((a, b) => a + b, 0);
    return counts.every((c, at) => Math.abs(c / sum - weights[at]!) < 1e-12);
  });
  return Promise.resolve(found?.[1] ?? 0);
};
const member = (value: number, parameters?: number) => ({
  ...{ name: 'm', value },
  ...(parameters === undefined ? {} : { parameters }),
});

test('the best member comes first, then whichever improves the ensemble most, also again; weights are counts', async () => {
  const value = valuesOf({ '1,1,0': 0.4, '1,0,1': 0.35, '2,1,0': 0.41, '1,2,0': 0.39, '2,1,1': 0.42, '3,1,1': 0.42 });
  const members = [member(0.3), member(0.2), member(0.1)];
  assert.deepEqual(await greedy.weigh({ members, value }), {
    weights: [0.5, 0.25, 0.25],
    additions: [
      { member: 0, value: 0.3 },
      { member: 1, value: 0.4 },
      { member: 0, value: 0.41 },
      { member: 2, value: 0.42 },
    ],
  });
});

test('a member that improves nothing has weight 0, and improvements below the tolerance end the selection', async () => {
  const value = valuesOf({ '1,1': 0.3 * (1 + TOLERANCE / 2), '2,0': 0.3 });
  const { weights, additions } = await greedy.weigh({ members: [member(0.3), member(0.2)], value });
  assert.deepEqual([weights, additions], [[1, 0], [{ member: 0, value: 0.3 }]]);
});

test('ties go to the member with fewer parameters; unknown parameters count as most, then the earlier one', async () => {
  const first = async (...members: ReturnType<typeof member>[]) =>
    (await greedy.weigh({ members, value: valuesOf({}) })).weights;
  assert.deepEqual(await first(member(0.3, 20), member(0.3, 10)), [0, 1]);
  assert.deepEqual(await first(member(0.3 * (1 + TOLERANCE / 2), 20), member(0.3, 10)), [0, 1]);
  assert.deepEqual(await first(member(0.3 * (1 + 3 * TOLERANCE), 20), member(0.3, 10)), [1, 0]);
  assert.deepEqual(await first(member(0.3), member(0.3, 10)), [0, 1]);
  assert.deepEqual(await first(member(0.3, 10), member(0.3, 10)), [1, 0]);
});

test('the selection ends after the most additions', async () => {
  let calls = 0;
  const { additions } = await greedy.weigh({ members: [member(0.1), member(0.1)], value: async () => ++calls });
  assert.equal(additions?.length, MOST);
});

test('members that are worth nothing, or whose value is not defined, have equal weights', async () => {
  const value = () => Promise.resolve(Number.NaN);
  assert.deepEqual((await greedy.weigh({ members: [member(Number.NaN), member(Number.NaN)], value })).weights, [1, 1]);
});
