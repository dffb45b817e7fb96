import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StudentError } from './student-error.js';
import { decodeCounts, decodeIds, decodeRowsOfItems, encodeCounts, encodeIds, encodeRowsOfItems } from './varints.js';

const rowsOf = (lists: readonly (readonly number[])[]) => ({
  indptr: Int32Array.from([0, ...lists].map((_, n) => lists.slice(0, n).reduce((sum, { length }) => sum + length, 0))),
  indices: Int32Array.from(lists.flat()),
});
const most = 2 ** 31 - 1;
const lists = fc.array(
  fc.uniqueArray(fc.nat({ max: most - 1 }), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b)),
  { maxLength: 20 },
);

test('histories come back, and small gaps have a byte', () => {
  fc.assert(
    fc.property(lists, (given) => {
      const rows = rowsOf(given);
      assert.deepEqual(decodeRowsOfItems(encodeRowsOfItems(rows), given.length, most, 'it'), rows);
    }),
  );
  const dense = rowsOf([Array.from({ length: 1000 }, (_, n) => 100 * n)]);
  assert.equal(encodeRowsOfItems(dense).length, 2 + 1000);
});

test('whole-number ids come back in any order, and others are left to JSON', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 2 ** 31 - 1 })), (numbers) => {
      const ids = [...numbers.map(String), '4503599627370495'];
      assert.deepEqual(decodeIds(encodeIds(ids)!, ids.length, 'it'), ids);
    }),
  );
  assert.equal(encodeIds(['1', '2', '3'])!.length, 3);
  for (const id of ['', '01', '-1', '1.5', '1e3', ' 1', '9007199254740993', '99999999999999999999', 'a'])
    assert.equal(encodeIds(['1', id]), undefined, id);
});

test('counts come back', () => {
  const numbers = [0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1];
  assert.deepEqual([...decodeCounts(encodeCounts(numbers), 'it')], numbers);
});

test('any bytes are read or refused as damaged', () => {
  const tried = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      assert.ok(error instanceof StudentError && error.code === 'bundle-damaged', String(error));
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 20 }), (bytes, count) => {
      tried(() => decodeRowsOfItems(bytes, count, 100, 'it'));
      tried(() => decodeIds(bytes, count, 'it'));
      tried(() => decodeCounts(bytes, 'it'));
    }),
  );
});
