import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseEpochs, strideAfter } from './trajectory.js';

test('the stride is a power of two that keeps at most 16 snapshots', () => {
  for (let n = 0; n <= 3000; n++) {
    const stride = strideAfter(n);
    assert.ok(Number.isInteger(Math.log2(stride)));
    assert.ok(n / stride <= 16);
    assert.ok(stride === 1 || (2 * n) / stride > 16, 'no coarser than it must be');
    assert.ok(strideAfter(n + 1) === stride || strideAfter(n + 1) === 2 * stride, 'what is kept later was kept before');
  }
});

test('a trajectory is checkpoints in order, from what was kept, the best one last', () => {
  const run = fc.record({
    kept: fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 32 }).map((e) => e.sort((a, b) => a - b)),
    best: fc.integer({ min: 1, max: 400 }),
    checkpoints: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(run, ({ kept, best, checkpoints }) => {
      const chosen = chooseEpochs(kept, best, checkpoints);
      const before = kept.filter((e) => e < best);
      assert.equal(chosen.at(-1), best);
      assert.equal(chosen.length, Math.min(checkpoints, before.length + 1));
      assert.equal(new Set(chosen).size, chosen.length);
      assert.deepEqual(
        chosen,
        [...chosen].sort((a, b) => a - b),
      );
      assert.ok(chosen.slice(0, -1).every((e) => before.includes(e)));
    }),
  );
});

test('the checkpoints are spread evenly where every epoch was kept', () => {
  const kept = Array.from({ length: 100 }, (_, e) => e + 1);
  assert.deepEqual(chooseEpochs(kept, 80, 4), [20, 40, 60, 80]);
  assert.deepEqual(chooseEpochs(kept, 1, 4), [1]);
  assert.deepEqual(chooseEpochs([], 7, 4), [7]);
});
