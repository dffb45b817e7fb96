import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatBytes,
  formatDay,
  formatDifference,
  formatMetric,
  formatMicroseconds,
  formatP,
  formatPace,
  formatPercent,
  formatSeconds,
  formatShare,
  formatTimes,
  listed,
  shortened,
} from './format.js';

test('units are those that people use', () => {
  assert.deepEqual([0, 999, 1000, 12_345, 604_200, 999_600, 1.25e9].map(formatBytes), [
    ...['0 B', '999 B', '1.0 kB', '12.3 kB', '604 kB', '1.0 MB', '1.3 GB'],
  ]);
  assert.deepEqual([5.25, 120, 1500, 999_700, 3e6].map(formatMicroseconds), [
    ...['5.3 us', '120 us', '1.5 ms', '1.0 s', '3.0 s'],
  ]);
  assert.deepEqual([0.2, 59.4, 59.7, 125, 3600, 7500].map(formatSeconds), [
    ...['0 s', '59 s', '1 min 00 s', '2 min 05 s', '1 h 00 min', '2 h 05 min'],
  ]);
  assert.deepEqual([2.54, 0.25, 0.05].map(formatPace), [
    '2.5 s per epoch',
    '4.0 epochs per second',
    '20 epochs per second',
  ]);
  assert.equal(formatDay(1_700_000_000), '2023-11-14');
});

test('metrics, differences, shares and p-values', () => {
  assert.deepEqual([0.12345, Number.NaN, undefined].map(formatMetric), ['0.1235', '-', '-']);
  assert.deepEqual([0.02, 0, -0.02].map(formatDifference), ['+0.0200', '+0.0000', '-0.0200']);
  assert.deepEqual([0.032, -0.5].map(formatPercent), ['+3.2 %', '-50.0 %']);
  assert.deepEqual([0, 0.00012, 0.0726, 1.314].map(formatShare), ['0.0 %', '0.012 %', '7.3 %', '131.4 %']);
  assert.deepEqual([0.00001, 0.0123, Number.NaN].map(formatP), ['p < 0.0001', 'p = 0.0123', 'p is not defined']);
  assert.deepEqual([2.345, 28.6].map(formatTimes), ['2.3', '29']);
});

test('lists of words, and words that are too long', () => {
  assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed), ['', 'a', 'a and b', 'a, b and c']);
  assert.equal(shortened('abcdefgh', 6), 'abc...');
});
