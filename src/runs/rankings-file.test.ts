import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { writeSafetensors } from '../formats/safetensors.js';
import { readRankings, writeRankings } from './rankings-file.js';

let path: string;
let dir: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-rankings-'));
  path = join(dir, 'r.safetensors');
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('rankings are read back with their metadata', () => {
  const row = fc.uniqueArray(fc.nat(19), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
      const items = Int32Array.from(rows.flatMap((r) => [...r, ...Array<number>(5 - r.length).fill(-1)]));
      const rankings = { nUsers: rows.length, depth: 5, nItems: 20, items };
      const checksum = writeRankings(path, rankings, { teacher: 'ease', sha: 'x' });
      const file = readRankings(path);
      assert.deepEqual(file.rankings, rankings);
      assert.deepEqual([...file.meta].sort(), [
        ['sha', 'x'],
        ['teacher', 'ease'],
      ]);
      assert.equal(file.checksum, checksum);
    }),
    { numRuns: 40 },
  );
});

test('rows that are not rankings are refused', () => {
  const refused: [number[], RegExp][] = [
    [[0, 1, 20], /user 0 has item 20, but there are 20 items/],
    [[0, -2, 1], /user 0 has item -2/],
    [[0, -1, 1], /user 0 continues with item 1 after its end/],
    [[1, 2, 3, 7, 4, 7], /user 1 has item 7 twice/],
  ];
  for (const [items, message] of refused) {
    writeRankings(path, { nUsers: items.length / 3, depth: 3, nItems: 20, items: Int32Array.from(items) });
    assert.throws(() => readRankings(path), { code: 'artifact-damaged', message });
  }
});

test('a number of items that cannot be is refused, without taking memory for it', () => {
  const items = { shape: [1, 1], data: Int32Array.of(0) };
  for (const catalogue of ['', '-1', '1.5', '99999999999', 'NaN']) {
    writeSafetensors(path, { items }, { catalogue });
    assert.throws(() => readRankings(path), { code: 'artifact-damaged', message: /number of items/ });
  }
  writeSafetensors(path, { items }, { catalogue: '2147483648' });
  assert.equal(readRankings(path).rankings.nItems, 2147483648);
  writeSafetensors(path, { items: { shape: [1], data: Int32Array.of(0) } }, { catalogue: '1' });
  assert.throws(() => readRankings(path), { code: 'artifact-damaged', message: /shape \[1\]/ });
});

test('a shape that does not fit and a name that is taken are refused', () => {
  const rankings = { nUsers: 2, depth: 2, nItems: 9, items: new Int32Array(3) };
  assert.throws(() => writeRankings(path, rankings), TypeError);
  assert.throws(() => writeRankings(path, { ...rankings, items: new Int32Array(4) }, { catalogue: '1' }), TypeError);
});
