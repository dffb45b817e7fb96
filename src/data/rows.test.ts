import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadDataset, loadRows } from './load.js';
import type { Row } from './rows.js';

/** 30 users, 20 items; ids are numbers, times and weights are there. */
const rows: readonly Row[] = Array.from({ length: 600 }, (_, k) => ({
  ...{ user: 1 + ((k * 7) % 30), item: 100 + ((k * 7919 + Math.floor(k / 30) * 104729) % 20) },
  ...{ time: 1_600_000_000 + k * 60, weight: 1 + (k % 3), rating: 1 + (k % 5) },
}));

test('rows make the data set that a file of them makes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-rows-'));
  try {
    const file = join(folder, 'rows.csv');
    const lines = rows.map((r) => [r.user, r.item, r.time, r.weight, r.rating].join(','));
    writeFileSync(file, ['user,item,time,weight,rating', ...lines].join('\n'));
    for (const options of [
      {},
      { split: 'time', coldItems: 'keep' },
      { minRating: 3, minUser: 2, hiddenShare: 0.2 },
    ] as const) {
      const read = await loadDataset({ data: file, weight: 'weight', ...options });
      const held = loadRows(rows, options);
      assert.equal(held.fingerprint, read.fingerprint, JSON.stringify(options));
      assert.deepEqual(held.users.ids, read.users.ids);
      assert.deepEqual(held.train.times, read.train.times);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('dates are times, and any iterable will do', () => {
  const dated = function* () {
    for (const { user, item, time } of rows)
      yield { user: `u${user}`, item: String(item), time: new Date(Number(time) * 1000) };
  };
  const plain = rows.map(({ user, item, time }) => ({ user: `u${user}`, item, time: Number(time) }));
  assert.deepEqual(loadRows(dated()).train, loadRows(plain).train);
});

test('an invalid row is refused with its number', () => {
  const bad: readonly (readonly [unknown, RegExp])[] = [
    [{ user: 1 }, /row 2 has the item undefined/],
    [{ user: '', item: 3 }, /row 2 has an empty user/],
    [{ user: Number.NaN, item: 3 }, /row 2 has the user null/],
    [{ user: { id: 3 }, item: 3 }, /row 2 has the user \{"id":3\}/],
    [{ user: 1, item: 3, time: 5 }, /row 2 has a time, unlike row 1/],
    [null, /row 2 has the user undefined/],
  ];
  for (const [row, message] of bad) {
    const given: Row[] = JSON.parse('[{ "user": 1, "item": 2 }]');
    assert.throws(() => loadRows([...given, row as Row]), message);
  }
  assert.throws(() => loadRows([{ user: 1, item: 2, weight: 0 }]), /row 1 has the weight 0/);
  assert.throws(() => loadRows([]), /no interaction is left|0 rows read/);
  assert.throws(() => loadRows(rows, JSON.parse('{ "delimiter": ";" }')), /delimiter does not apply to rows in memory/);
  assert.throws(() => loadRows([{ user: 1, item: 2 }], { minRating: 3 }), /the rows have no rating/);
});
