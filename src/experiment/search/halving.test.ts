import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHalving, type HalvingOptions, rungsOf, staysAlive } from './halving.js';

const on: HalvingOptions = { halving: true, eta: 3 };

test('rungs are eta apart, at evaluations, before the last epoch', () => {
  assert.deepEqual(rungsOf({ epochs: 300, evaluateEvery: 10 }, on), [20, 40, 110]);
  assert.deepEqual(rungsOf({ epochs: 270, evaluateEvery: 1 }, on), [10, 30, 90]);
  assert.deepEqual(rungsOf({ epochs: 40, evaluateEvery: 5 }, on), [5, 10, 20]);
  assert.deepEqual(rungsOf({ epochs: 100, evaluateEvery: 1 }, { ...on, minEpochs: 8, eta: 2 }), [8, 16, 32, 64]);
  assert.deepEqual(rungsOf({ epochs: 100, evaluateEvery: 50 }, { ...on, minEpochs: 100 }), []);
  assert.deepEqual(rungsOf({ epochs: 4, evaluateEvery: 4 }, on), []);
  assert.deepEqual(rungsOf({ epochs: 300, evaluateEvery: 10 }, { ...on, halving: false }), []);
});

test('the best of each eta trials continue, and so do the first trial and ties', () => {
  assert.ok(staysAlive(0.1, [], 3));
  assert.ok(!staysAlive(0.1, [0.2], 3));
  assert.ok(staysAlive(0.3, [0.2], 3));
  assert.ok(staysAlive(0.2, [0.2], 3));
  // Two of six, counting this one.
  assert.ok(staysAlive(0.5, [0.6, 0.4, 0.3, 0.2, 0.1], 3));
  assert.ok(!staysAlive(0.5, [0.7, 0.6, 0.4, 0.3, 0.2], 3));
  assert.ok(!staysAlive(0.5, [0.6, 0.4, 0.3, 0.2], 3));
  assert.ok(staysAlive(0.5, [0.7, 0.6, 0.4, 0.3, 0.2], 2));
});

test('a trial is compared once at each rung, by its best value so far, with the trials that reached it', () => {
  const earlier = [{ 4: 0.2, 12: 0.5 }, { 4: 0.1 }];
  const { stops, reached } = createHalving([4, 12], earlier, 3);
  assert.equal(stops(2, 0.05), false);
  assert.equal(stops(4, 0.3), false);
  assert.equal(stops(6, 0.3), false, 'between rungs nobody is stopped');
  assert.equal(stops(12, 0.4), true);
  assert.deepEqual(reached, { 4: 0.3, 12: 0.4 });
});

test('an evaluation after the rung counts for it', () => {
  const { stops, reached } = createHalving([4, 12], [{ 4: 0.9 }], 3);
  assert.equal(stops(5, 0.1), true);
  assert.deepEqual(reached, { 4: 0.1 });
});
