import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniform } from '../math/random.js';
import { createLargest } from './largest.js';

test('the largest are kept, ties go to the lower ids, and the next round starts empty', () => {
  const values = Float64Array.from({ length: 300 }, (_, id) => Math.floor(20 * uniform({ k0: 1, k1: 2 }, 0, id)));
  for (const most of [1, 2, 7, 299, 300, 1000]) {
    const largest = createLargest(most, values);
    for (const round of [0, 1]) {
      const offered = Array.from(values.keys()).filter((id) => id % 2 === round);
      // Not in the order of ids.
      for (const id of [...offered].reverse()) {
        const before = largest.wants(id, values[id]!);
        largest.add(id);
        assert.ok(before || most < offered.length);
      }
      const expected = offered.sort((a, b) => values[b]! - values[a]! || a - b).slice(0, most);
      assert.deepEqual(
        Array.from(largest.take()).sort((a, b) => a - b),
        expected.sort((a, b) => a - b),
      );
    }
  }
});

test('tells whether an id would be kept', () => {
  const largest = createLargest(2, Float64Array.of(5, 3, 3, 9));
  largest.add(0);
  assert.ok(largest.wants(2, 0));
  largest.add(2);
  assert.ok(largest.wants(1, 3));
  assert.ok(!largest.wants(3, 3));
  assert.ok(largest.wants(3, 4));
});
