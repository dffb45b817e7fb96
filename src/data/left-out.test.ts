import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '../options/options.js';
import { absentUser } from './absent-user.js';
import { testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';
import { dataOptions } from './options.js';

/** Eight users with the items 0 to 9, rated 1 to 5; `few` has two of them, `rare` eight items that nobody else has. */
const rows = [
  ...Array.from({ length: 80 }, (_, k) => `u${k % 8},${Math.floor(k / 8)},${1 + (k % 5)}`),
  ...['few,0,5', 'few,1,5', 'low,0,1', 'low,1,2'],
  ...Array.from({ length: 8 }, (_, k) => `rare,own${k},4`),
];
const csv = `user,item,stars\n${rows.join('\n')}\n`;

test('each filter says what it took, in every command', async (t) => {
  const data = testFolder(t).write('r.csv', csv);
  const once = await loadDataset({ data, rating: 'none', minItem: 2 });
  assert.deepEqual(once.leftOut, [
    'minUser 5 removed 2 of 11 users (4 interactions), minItem 2 removed 8 of 18 items (8 interactions); 1 users and 0 items were left with none',
  ]);
  assert.ok(once.leftOut.every((line) => once.notes.includes(line)));
  const core = await loadDataset({ data, rating: 'none', minItem: 2, core: 'k-core' });
  assert.match(core.leftOut[0]!, /; 1 users and 0 items \(0 interactions\) then had too few \(k-core\)$/);
  // The items that only `rare` has are cold where they are held out.
  const all = await loadDataset({ data, rating: 'none', minUser: 1 });
  assert.deepEqual(all.leftOut, [
    'dropped 2 valid and test interactions with items that have no train interactions, then 0 users left without valid or test (0 interactions)',
  ]);
  assert.deepEqual((await loadDataset({ data, rating: 'none', minUser: 1, coldItems: 'keep' })).leftOut, []);
});

test('ratings that are not used are reported with the share of low ones and the options', async (t) => {
  const f = testFolder(t);
  const data = f.write('r.csv', csv);
  const all = { minUser: 1, coldItems: 'keep' } as const;
  const told = (await loadDataset({ data, ...all })).leftOut;
  // 1 and 2 are below 3: 32 of the 80, and two of `low`, of 92 rows.
  assert.deepEqual(told, [
    'r.csv: ratings are not used: each row counts as a like, also the 37 % rated below 3 (stars: 1 to 5). --min-rating 4 keeps the higher ones; --rating none ends this message',
  ]);
  assert.deepEqual((await loadDataset({ data, ...all, rating: 'none' })).leftOut, []);
  assert.deepEqual((await loadDataset({ data, ...all, minRating: 2 })).leftOut, ['minRating 2 removed 17 of 92 rows']);
  assert.match((await loadDataset({ data, ...all, rating: 'stars' })).leftOut.join(), /ratings are not used/);
  assert.deepEqual((await loadDataset({ data, ...all, weight: 'stars' })).leftOut, []);
  const same = f.write('same.csv', csv.replace(/,\d$/gm, ',1'));
  assert.deepEqual((await loadDataset({ data: same, ...all })).leftOut, []);
});

test('why a user is not in the data', async (t) => {
  const data = testFolder(t).write('r.csv', csv);
  const why = (user: string, more: object = {}) =>
    absentUser(parseOptions(dataOptions, { data, ...more }, 'data'), user);
  assert.equal(await why('few'), 'it has 2 interactions, fewer than minUser 5');
  assert.equal(await why('low', { minRating: 3 }), 'none of its 2 rows has at least minRating 3');
  assert.match(
    (await why('rare', { minItem: 2 }))!,
    /^8 of its 8 interactions are with items that have fewer than minItem 2/,
  );
  assert.equal(await why('u1'), undefined);
  assert.equal(await why('nobody'), undefined);
});
