import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, fitOf, workOf } from './fit.js';
import { madeUp, SIZES } from './made.js';

const cases = (of: (interactions: number) => number): Case[] =>
  Object.entries(SIZES).map(([size, { interactions }]) => ({ work: 'read', size, processorSeconds: of(interactions) }));

const fitted = (all: readonly Case[]) =>
  fitOf(
    all,
    (one) => one.processorSeconds,
    (size) => workOf('read', size),
  )!;

test('a line is found again, and says what the size costs that it has not seen', () => {
  const { a, b, check, slope } = fitted(cases((n) => 2 + 3e-7 * n));
  assert.ok(Math.abs(a - 2) < 1e-6 && Math.abs(b - 3e-7) < 1e-12);
  assert.ok(Math.abs(check!.predicted - check!.measured) < 1e-6);
  assert.ok(slope < 1);
});

test('what grows faster than linearly has a slope above 1, and its check fails', () => {
  const { slope, check } = fitted(cases((n) => 1e-13 * n ** 2));
  assert.ok(Math.abs(slope - 2) < 1e-9);
  assert.ok(check!.predicted < 0.7 * check!.measured);
});

test('a size that failed is left out; with one size there is nothing to fit', () => {
  const all = cases((n) => 1e-6 * n);
  const without = all.map((one) => (one.size === '50M' ? { work: 'read', size: '50M', failed: 'no memory' } : one));
  assert.equal(fitted(without).check, undefined);
  assert.equal(fitted(all.slice(0, 1)), undefined);
});

test('made-up users have different items in ascending order', () => {
  const { indptr, indices } = madeUp({ nUsers: 50, nItems: 300, interactions: 1000 });
  assert.equal(indices.length, 1000);
  for (let u = 0; u < 50; u++) {
    for (let k = indptr[u]! + 1; k < indptr[u + 1]!; k++) assert.ok(indices[k]! > indices[k - 1]! && indices[k]! < 300);
  }
});
