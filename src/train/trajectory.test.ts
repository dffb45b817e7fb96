import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseEpochs, isKept, strideAfter } from './trajectory.js';

/** Quality grows with the root of the epoch: fast at first. */
const snapshot = (epoch: number) => ({ epoch, quality: Math.sqrt(epoch) / 100 });

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
    spread: fc.constantFrom('epochs' as const, 'log-epochs' as const, 'quality' as const),
  });
  fc.assert(
    fc.property(run, ({ kept, best, checkpoints, spread }) => {
      const chosen = chooseEpochs(kept.map(snapshot), snapshot(best), { checkpoints, spread });
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

test('checkpoints are spaced as requested if every epoch was stored', () => {
  const kept = Array.from({ length: 100 }, (_, e) => snapshot(e + 1));
  const of = (spread: 'epochs' | 'log-epochs' | 'quality', best = 80) =>
    chooseEpochs(kept, snapshot(best), { checkpoints: 4, spread });
  assert.deepEqual(of('epochs'), [20, 40, 60, 80]);
  assert.deepEqual(of('log-epochs'), [2, 8, 26, 80]);
  assert.deepEqual(of('quality'), [5, 20, 45, 80]);
  assert.deepEqual(of('quality', 1), [1]);
  assert.deepEqual(chooseEpochs([], snapshot(7), { checkpoints: 4, spread: 'epochs' }), [7]);
});

test('stored snapshots are thinned out, but the earliest are kept', () => {
  const kept = Array.from({ length: 100 }, (_, n) => n + 1).filter((n) => isKept(n, 8));
  assert.deepEqual(kept.slice(0, 6), [1, 2, 4, 8, 16, 24]);
});
