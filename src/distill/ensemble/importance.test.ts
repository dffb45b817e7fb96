import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consistencyImportance, importanceOptions, rankImportance } from './importance.js';

test('importance decreases from 1 by the temperature, and is 0 from the cutoff on', () => {
  assert.equal(rankImportance(0, 10, 100), 1);
  assert.equal(rankImportance(10, 10, 100), Math.exp(-1));
  assert.ok(rankImportance(99, 10, 100) > 0);
  assert.equal(rankImportance(100, 10, 100), 0);
  assert.equal(rankImportance(1e6, 1e6, Number.POSITIVE_INFINITY), Math.exp(-1));
});

test('an item whose rank never changed is as steady as can be', () => {
  assert.equal(consistencyImportance([7]), 1);
  assert.equal(consistencyImportance([7, 7, 7]), 1);
  // Ranks 0 and 200: mean 100, population deviation 100.
  assert.equal(consistencyImportance([0, 200]), Math.exp(-1));
});

test('the defaults are the documented choice', () => {
  assert.deepEqual(importanceOptions.parse({}), { importance: 'rank', temperature: 40, cutoff: 100 });
});
