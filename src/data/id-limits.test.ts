import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_IDS, MOST_ROWS, refuseCount } from './ids.js';
import { packEach, packLists } from './interactions.js';
import { parseSynthetic, synthesize } from './synthetic.js';

test('a Map holds as many ids as the limit says, and no more', () => {
  const map = new Map<number, number>();
  for (let k = 0; k < MOST_IDS; k++) map.set(k, k);
  assert.throws(() => map.set(MOST_IDS, 0), RangeError);
});

test('more ids or rows than are supported are refused with their number', () => {
  for (const [what, most] of [
    ['users', MOST_IDS],
    ['items', MOST_IDS],
    ['rows', MOST_ROWS],
  ] as const) {
    refuseCount('x.csv', what, most);
    assert.throws(() => refuseCount('x.csv', what, most + 1), {
      code: 'over-limit',
      message: new RegExp(`x\\.csv .*${most + 1} ${what}; at most ${most} ${what}`),
    });
  }
});

test('synthetic data beyond the limit is refused before it is made', () => {
  const of = (text: string) => () => synthesize(parseSynthetic(text)!);
  assert.throws(of('synthetic:16777217x100x17000000'), { code: 'bad-option', message: /2\^24/ });
  assert.throws(of('synthetic:100x16777217x1000'), { code: 'bad-option', message: /2\^24/ });
});

test('lists that are packed one by one are as those that are packed together', () => {
  for (const lengths of [[], [0, 0, 0], [1, 2, 3], [0, 40, 0, 1, 7], [100, 100, 100, 3]]) {
    const lists = lengths.map((n, at) => Int32Array.from({ length: n }, (_, k) => at * 1000 + k));
    assert.deepEqual(
      packEach(lists.length, (at) => lists[at]!),
      packLists(lists),
    );
  }
});
