import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plotOf, readMeasurement, readPage, tablesOf, withTables } from './page.js';

test('docs/scale.md has the tables of bench/scale.json', () => {
  const [page, measurement] = [readPage(), readMeasurement()];
  assert.equal(withTables(page, tablesOf(measurement)), page, 'run node build/bench/scale/page.js');
  assert.match(plotOf(measurement), /^<svg[\s\S]*bpr-mf/);
});
