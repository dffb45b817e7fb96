import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf } from './fingerprint.js';
import { fromPairs } from './interactions.js';

const x = fromPairs(2, 3, [0, 1], [0, 2]);
const y = fromPairs(2, 3, [0, 1], [1, 1]);
const z = fromPairs(2, 3, [0], [2]);
const users = ['a', 'b'];
const items = ['x', 'y', 'z'];

test('is this very number for this very data', () => {
  // Written down once; a change of it makes every run and bundle on disk look foreign.
  assert.equal(
    fingerprintOf(users, items, { train: x, valid: y, test: z }),
    '8be7437e723fe235e258e42e4977271e2d37c01af844482f9cce86313a6b78db',
  );
});

test('changes with any id, any interaction and any exchange of parts', () => {
  const prints = [
    fingerprintOf(users, items, { train: x, valid: y, test: z }),
    fingerprintOf(['a', 'c'], items, { train: x, valid: y, test: z }),
    fingerprintOf(users, ['x', 'y', 'zz'], { train: x, valid: y, test: z }),
    fingerprintOf(users, ['x\ny', '', 'z'], { train: x, valid: y, test: z }),
    fingerprintOf(users, ['x', 'y\n', 'z'], { train: x, valid: y, test: z }),
    fingerprintOf(users, items, { train: y, valid: x, test: z }),
    fingerprintOf(users, items, { train: x, valid: z, test: y }),
    fingerprintOf(users, items, { train: x, valid: y, test: x }),
  ];
  assert.equal(new Set(prints).size, prints.length);
});

test('does not depend on times', () => {
  const timed = fromPairs(2, 3, [0, 1], [0, 2], [5, 6]);
  const parts = { valid: y, test: z };
  assert.equal(
    fingerprintOf(users, items, { train: timed, ...parts }),
    fingerprintOf(users, items, { train: x, ...parts }),
  );
});
