import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatMetric, formatMicroseconds, formatP, formatSeconds, listed, shortened } from './format.js';
import { renderTable } from './table.js';

test('numbers stand to the right, an empty row is a line, nothing trails', () => {
  const columns = [{ title: 'model' }, { title: 'R@10', right: true }];
  assert.equal(
    renderTable(columns, [['ease', '0.1'], [], ['lightgcn', '10.25']]),
    ['model      R@10', '---------------', 'ease        0.1', '---------------', 'lightgcn  10.25'].join('\n'),
  );
  assert.equal(renderTable(columns, []), ['model  R@10', '-----------'].join('\n'));
});

test('what a name holds cannot break the table or reach the terminal', () => {
  const text = renderTable([{ title: 'name' }], [['two\nlines'], ['red \u001b[31mink'], ['tab\there']]);
  assert.deepEqual(text.split('\n').slice(2), ['two lines', 'red  [31mink', 'tab here']);
});

test('wide characters keep the columns in place', () => {
  const lines = renderTable(
    [{ title: 'a' }, { title: 'b' }],
    [
      ['日本', 'x'],
      ['abcd', 'y'],
    ],
  ).split('\n');
  assert.equal(lines[2], '日本  x');
  assert.equal(lines[3], 'abcd  y');
});

test('units are those that people use', () => {
  assert.deepEqual([0, 999, 1000, 12_345, 604_200, 999_600, 1.25e9].map(formatBytes), [
    ...['0 B', '999 B', '1.0 kB', '12.3 kB', '604 kB', '1.0 MB', '1.3 GB'],
  ]);
  assert.deepEqual([5.25, 120, 1500, 999_700, 3e6].map(formatMicroseconds), [
    '5.3 us',
    '120 us',
    '1.5 ms',
    '1.0 s',
    '3.0 s',
  ]);
  assert.deepEqual([0.2, 59.4, 59.7, 125, 3600, 7500].map(formatSeconds), [
    ...['0 s', '59 s', '1 min 00 s', '2 min 05 s', '1 h 00 min', '2 h 05 min'],
  ]);
  assert.deepEqual([0.12345, Number.NaN, undefined].map(formatMetric), ['0.1235', '-', '-']);
  assert.deepEqual([0.00001, 0.0123, Number.NaN].map(formatP), ['p < 0.0001', 'p = 0.0123', 'p is not defined']);
  assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed), ['', 'a', 'a and b', 'a, b and c']);
  assert.equal(shortened('abcdefgh', 6), 'abc...');
});
