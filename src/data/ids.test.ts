import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalOrder } from './ids.js';

const ordered = (ids: readonly string[]): string[] => Array.from(canonicalOrder(ids), (k) => ids[k]!);

test('whole numbers ascend, of any size and sign', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })), (numbers) => {
      const sorted = [...numbers].sort((a, b) => (a < b ? -1 : 1)).map(String);
      assert.deepEqual(ordered(numbers.map(String)), sorted);
    }),
  );
});

test('other ids are in the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'binary' })), (texts) => {
      const ids = ['not a number', ...texts.filter((t) => t !== 'not a number')];
      assert.deepEqual(
        ordered(ids),
        [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
    }),
  );
});

test('leading zeros make an id a text', () => {
  assert.deepEqual(ordered(['10', '9', '007']), ['007', '10', '9']);
  assert.deepEqual(ordered(['10', '9', '7']), ['7', '9', '10']);
});
