import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFolder } from './folder.test.support.js';
import { load, refusal, size } from './loading.test.support.js';

const users = [1, 2, 3, 4, 5, 6];
const rows = (line: (u: number, i: number) => string) =>
  users.flatMap((u) => users.map((i) => `${line(u, i)}\n`)).join('');

test('text among numbers is text for text, and refused for numbers', async (t) => {
  const f = testFolder(t);
  const path = f.write(
    'b.csv',
    `user,item,code\n${rows((u, i) => `u${u},i${i},10`)}${rows((u, i) => `u${u},j${i},A5`)}${rows((u, i) => `u${u},k${i},20`)}`,
  );
  assert.equal(size(await load(path, { where: "code <> '10'" })), 72);
  assert.equal(size(await load(path, { where: "code LIKE 'A%'" })), 36);
  assert.match(
    await refusal(path, { where: 'code > 15' }),
    /option "where" .*code is compared with a number but contains text such as "A5"/,
  );
  const sizes = [
    f.write('s1.csv', `user,item,size\n${rows((u, i) => `u${u},i${i},11`)}`),
    f.write('s2.csv', `user,item,size\n${rows((u, i) => `u${u},j${i},L`)}`),
  ];
  assert.equal(size(await load(sizes, { where: "size = 'L'" })), 36);
});

test('ids of any size stay exact in conditions', async (t) => {
  const f = testFolder(t);
  const path = f.write('big.csv', `user,item\n${rows((u, i) => `u${u},1234567890123456789${i}`)}`);
  assert.equal(size(await load(path, { where: "item IN ('12345678901234567891', '12345678901234567893')" })), 12);
  assert.equal(size(await load(path, { where: 'item <> 12345678901234567891' })), 30);
});

test('numbers that are put in order with text are refused; dates as text are not', async (t) => {
  const f = testFolder(t);
  const path = f.write('t.csv', `user,item,ts,day\n${rows((u, i) => `u${u},i${i},160000000${i},2020-01-0${i}`)}`);
  assert.match(await refusal(path, { where: "ts < '2021'" }), /ts contains numbers and is compared with text by order/);
  assert.equal(size(await load(path, { where: "day >= '2020-01-04'" })), 18);
  assert.equal(size(await load(path, { where: 'ts BETWEEN 1600000002 AND 1600000003' })), 12);
});

test('an invalid condition is refused as an error of the option', async (t) => {
  const f = testFolder(t);
  const path = f.write('e.csv', `user,item,price\n${rows((u, i) => `u${u},i${i},${i}.5`)}`);
  for (const where of [
    'random() < 0.5',
    '$1 IS NOT NULL',
    'price > 2) OR (1=1',
    'sum(price) > 3',
    'row_number() OVER () < 5',
    'nosuch(price) > 1',
    'COLUMNS(*) = 1',
    'price > 1 ORDER BY price',
    'now() > 1',
  ])
    assert.match(await refusal(path, { where }), /bad-option: option "where"/, where);
  const said = await refusal(path, { where: 'price > 100' });
  assert.match(said, /no row satisfies the condition "price > 100"/);
  assert.match((await load(path, { where: 'price > 3' })).notes.join(), /24 rows of 36, by where/);
  assert.match(await refusal(path, { timeFormat: '%Q', time: 'price' }), /option "timeFormat"/);
});
