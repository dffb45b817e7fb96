import assert from 'node:assert/strict';
import { test } from 'node:test';
import { softTargets } from './soft-target.js';

test('targets are shifted and softened scores, finite for far ones', () => {
  const scores = Float64Array.of(0, 2, -1, 1e9, -1e9, 5);
  softTargets(scores, 1, 2, scores, 5);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  for (const [k, expected] of [sigmoid(0.5), sigmoid(1.5), 0.5, 1, 0].entries())
    assert.ok(Math.abs(scores[k]! - expected) < 1e-15, `target ${k} is ${scores[k]}`);
  assert.equal(scores[5], 5);
});
