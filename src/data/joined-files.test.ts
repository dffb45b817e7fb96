/** First rows, files that belong together and files that do not, and files that were joined to one. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from './folder.test.support.js';
import { load, refusal, size } from './loading.test.support.js';

/** 36 lines made of six users and six items. */
const grid = (line: (user: number, item: number) => string): string =>
  Array.from({ length: 36 }, (_, k) => `${line(Math.floor(k / 6) + 1, (k % 6) + 1)}\n`).join('');

test('a later file without header has the columns of the first one, in its order', async (t) => {
  const f = testFolder(t);
  const first = f.write('c1.csv', `item,user\n${grid((u, i) => `i${i},u${u}`)}`);
  const second = f.write(
    'c2.csv',
    grid((u, i) => `k${i},u${u}`),
  );
  const read = await load([first, second]);
  assert.deepEqual([size(read), read.users.ids.length, read.items.ids.length], [72, 6, 12]);
  mkdirSync(join(f.path, 's'));
  f.write('s/train.csv', `item,user\n${grid((u, i) => `i${i},u${u}`)}`);
  f.write('s/test.csv', [1, 2, 3, 4, 5, 6].map((u) => `i${u + 6},u${u}\n`).join(''));
  assert.deepEqual((await load(join(f.path, 's'), { validShare: 0, unknownIds: 'keep' })).users.ids.length, 6);
  assert.match(await refusal([second, first]), /c1\.csv: has a header, but .*c2\.csv has none/);
  const wide = f.write(
    'c3.csv',
    grid((u, i) => `k${i},u${u},5`),
  );
  assert.match(await refusal([first, wide]), /c3\.csv: has no header and 3 columns, but .*c1\.csv has 2/);
});

test('positions that mean other columns, and files with other columns, are refused', async (t) => {
  const f = testFolder(t);
  const a = f.write('a.csv', `user_id,item_id\n${grid((u, i) => `${u},${i}`)}`);
  const b = f.write('b.csv', `item_id,user_id\n${grid((u, i) => `${i},${u}`)}`);
  assert.equal((await load([a, b])).users.ids.length, 6);
  assert.match(
    await refusal([a, b], { user: '1', item: '2' }),
    /b\.csv: column 1 is item_id, but in .*a\.csv it is user_id/,
  );
  const ratings = f.write(
    'ratings.csv',
    `userId,movieId,rating,timestamp\n${grid((u, i) => `${u},${i},4.0,1600000000`)}`,
  );
  const tags = f.write('tags.csv', `userId,movieId,tag,timestamp\n${grid((u, i) => `${u},9${i},funny,1600000000`)}`);
  assert.match(
    await refusal([ratings, tags]),
    /tags\.csv: has the additional columns tag and lacks rating, compared with .*ratings\.csv \| .*--user and --item/,
  );
  assert.equal(size(await load([ratings, tags], { user: 'userId', item: 'movieId' })), 72);
});

test('files that were joined to one: column names and byte order marks in the middle', async (t) => {
  const f = testFolder(t);
  const twice = f.write(
    'd.csv',
    `user,item\n${grid((u, i) => `u${u},i${i}`)}user,item\n${grid((u, i) => `v${u},i${i}`)}`,
  );
  assert.match(await refusal(twice), /row 37, column user: the header occurs again: "user"/);
  const read = await load(twice, { badRows: 'skip' });
  assert.deepEqual([read.users.ids.length, read.items.ids.length, size(read)], [12, 6, 72]);
  assert.match(read.notes.join(), /skipped 1 row that repeat the header/);
  const marked = f.write('m.csv', `${grid((u, i) => `u${u},i${i}`)}\ufeffw1,i1\n`);
  assert.match(await refusal(marked), /row 37, column 1: the id begins with a byte order mark/);
});

test('a first row with a usual name and a number is a header if it names a user and an item, and else asked about', async (t) => {
  const f = testFolder(t);
  const named = f.write('n.csv', `user,item,2020\n${grid((u, i) => `u${u},i${i},5`)}`);
  assert.equal((await load(named)).users.ids.length, 6);
  const pivot = f.write('p.csv', `user_id,101,102\n${grid((u, i) => `u${u},${i},5`)}`);
  assert.match(
    await refusal(pivot),
    /cannot tell whether the first row is a header: it has the well-known name "user_id"/,
  );
  assert.equal((await load(pivot, { header: 'no', where: '"1" <> \'user_id\'' })).users.ids.length, 6);
});

test('without header, a second column of times is no item without being named', async (t) => {
  const f = testFolder(t);
  const checkins = f.write(
    'e.csv',
    grid((u, i) => `u${u},2014-04-0${i},place${(u * i) % 7}`),
  );
  assert.match(
    await refusal(checkins),
    /the second column would be the item, but it looks like a time: "2014-04-01".*--item 3 --time 2/,
  );
  assert.equal((await load(checkins, { item: '3', time: '2' })).train.times !== undefined, true);
  assert.match(
    await refusal(
      f.write(
        's.csv',
        grid((u, i) => `u${u},16000000${i}0,x${i}`),
      ),
    ),
    /looks like a time/,
  );
});

test('comments, LibSVM and lists written as text are no interactions', async (t) => {
  const f = testFolder(t);
  assert.match(
    await refusal(f.write('out.k', `% bip weighted\n% 36 6\n${grid((u, i) => `${u} ${i} 5`)}`)),
    /begins with a comment, "% bip weighted" \| .*grep -v/,
  );
  assert.equal((await load(f.write('h.csv', `#item,user\n${grid((u, i) => `i${i}x,u${u}`)}`))).users.ids[0], 'u1');
  assert.equal(
    (
      await load(
        f.write(
          'tags.csv',
          grid((u, i) => `#tag${u},${i}`),
        ),
      )
    ).users.ids.length,
    6,
  );
  assert.match(
    await refusal(
      f.write(
        'svm.txt',
        grid((u, i) => `${u} ${i}:1 7:1`),
      ),
    ),
    /LibSVM/,
  );
  const text = f.write('l.csv', `user,item\n${grid((u, i) => `u${u},"['a${i}', 'b']"`)}`);
  assert.match(await refusal(text), /row 1, column item: the item is a list written as text: "\['a1', 'b'\]"/);
  assert.match(await refusal(text, { explode: true }), /explode is set, but the column item has single values/);
  assert.equal((await load(f.write('f.csv', `user,item\n${grid((u, i) => `u${u},[REC] ${i}`)}`))).items.ids.length, 6);
});

test('--explode counts empty lists; a missing list is a missing item', async (t) => {
  const f = testFolder(t);
  const rows = Array.from({ length: 12 }, (_, k) => ({ user: `u${k % 4}`, item: [`a${k}`, `b${k}`] }));
  const lines = (more: object[]) =>
    f.write('x.jsonl', [...rows, ...more].map((r) => `${JSON.stringify(r)}\n`).join(''));
  const read = await load(lines([{ user: 'u9', item: [] }]), { explode: true });
  assert.match(read.notes.join(), /skipped 1 row with an empty list/);
  for (const lacking of [{ user: 'u9' }, { user: 'u9', item: null }, { user: 'u9', item: ['z', null] }]) {
    const path = lines([lacking]);
    assert.match(await refusal(path, { explode: true }), /row 13, column item: the item is/);
    const kept = await load(path, { explode: true, badRows: 'skip' });
    assert.match(kept.notes.join(), /skipped 1 row without an item/);
  }
});

test('a folder of the path that names users does not lose against a position', async (t) => {
  const f = testFolder(t);
  for (const k of [1, 2, 3]) {
    mkdirSync(join(f.path, `h/user=c${k}`), { recursive: true });
    f.write(
      `h/user=c${k}/p.csv`,
      grid((u, i) => `${u},i${k}${i}`),
    );
  }
  assert.match(await refusal(join(f.path, 'h')), /several columns could be the user: user, 1/);
  assert.equal((await load(join(f.path, 'h'), { user: 'user', item: '2' })).users.ids.length, 3);
});

test('keys of JSON objects are found wherever they come first, and NaN is no crash', async (t) => {
  const f = testFolder(t);
  const late = Array.from({ length: 1200 }, (_, k) => ({
    user: k % 40,
    item: k % 31,
    ...(k > 1100 ? { time: k } : {}),
  }));
  const text = late.map((r) => `${JSON.stringify(r)}\n`).join('');
  assert.match(await refusal(f.write('late.jsonl', text)), /row 1, column time: the time is empty/);
  assert.equal((await load(f.write('late.jsonl', text), { time: 'none' })).users.ids.length, 40);
  const nan = f.write(
    'nan.jsonl',
    grid((u, i) => `{"user":${u},"item":${i},"x":NaN}`),
  );
  assert.ok(
    /not a JSON object|^6$/.test(
      await load(nan).then(
        (d) => String(d.users.ids.length),
        (e) => String(e.message),
      ),
    ),
  );
});

test('ids that were saved as fractions, many unknown users, and a test part that train has already', async (t) => {
  const f = testFolder(t);
  const floats = await load(f.write('f.csv', `user,item\n${grid((u, i) => `${u}.0,i${i}`)}`));
  assert.match(floats.warnings.join(), /6 of 6 ids of users end with \.0, such as "1\.0"/);
  const text = f.write(
    'l.jsonl',
    grid((u, i) => `{"user":${u},"item":"[${i}, 8]"}`),
  );
  assert.match(await refusal(text), /row 1, column item: the item is a list written as text/);
  mkdirSync(join(f.path, 's'));
  f.write('s/train.csv', `user,item\n${grid((u, i) => `u${u},i${i}`)}`);
  f.write('s/test.csv', 'user,item\nu1,i2\nu3,i4\n');
  assert.match(await refusal(join(f.path, 's')), /all 2 interactions of test also occur in train or valid/);
  const users = Array.from({ length: 12 }, (_, k) => (k < 8 ? `u${(k % 6) + 1}` : `new${k}`));
  f.write('s/test.csv', `user,item\n${users.map((u, k) => `${u},j${k}\n`).join('')}`);
  const read = await load(join(f.path, 's'), { unknownIds: 'keep', validShare: 0 });
  assert.match(read.warnings.join(), /4 of the 10 users of test do not occur in train/);
});

test('unusual but valid files are read', async (t) => {
  const f = testFolder(t);
  const amazon = f.write(
    'az.csv',
    grid((u, i) => `A${u},03102871${i}8,4.0,13536122${i}2`),
  );
  assert.deepEqual([(await load(amazon)).items.ids.length, (await load(amazon)).train.times !== undefined], [6, true]);
  const years = [
    f.write('2020.csv', `user,item\n${grid((u, i) => `u${u},i${i}`)}`),
    f.write('2021.csv', `User,Item,device\n${grid((u, i) => `u${u},j${i},phone`)}`),
  ];
  assert.equal(size(await load(years)), 72);
  mkdirSync(join(f.path, 'h/user=c1'), { recursive: true });
  mkdirSync(join(f.path, 'h/user=c2'), { recursive: true });
  for (const k of [1, 2])
    f.write(
      `h/user=c${k}/p.csv`,
      grid((u, i) => `i${u}${i},4`),
    );
  const read = await load(join(f.path, 'h'), { user: 'user' });
  assert.deepEqual([read.users.ids.length, read.items.ids.length], [2, 36]);
});

test('rankings among other files are no interactions', async (t) => {
  const f = testFolder(t);
  const lists = f.write('r.csv', `user,item,rank\n${grid((u, i) => `u${u},i${i},${i}`)}`);
  assert.equal(size(await load(lists)), 36);
  const clicks = f.write('d.csv', `user,item\n${grid((u, i) => `u${u},i${i}`)}`);
  assert.match(await refusal([clicks, lists]), /r\.csv: is a file of rankings .* \| .*`import`/);
  assert.match(await refusal(f.path), /r\.csv: is a file of rankings/);
});

test('times and lists in other notations are refused as ids', async (t) => {
  const f = testFolder(t);
  for (const second of ['1600000001000', '1600000001.5', '2020/09/11 10:00', '11.09.2020', '20200911']) {
    assert.match(
      await refusal(
        f.write(
          'm.csv',
          grid((u, i) => `u${u},${second},x${i}`),
        ),
      ),
      /looks like a time/,
      second,
    );
  }
  for (const list of ['[1 2 3]', '(1, 2)', "{'a', 'b'}", "['a' 'b']"])
    assert.match(
      await refusal(f.write('l.tsv', `user\titem\n${grid((u, i) => `u${u}\t${i === 1 ? list : `i${i}`}`)}`)),
      /the item is a list written as text/,
      list,
    );
  for (const [time, format] of [
    ['202009', '%Y%m'],
    ['2020', '%Y'],
    ['2020091312', '%Y%m%d%H'],
  ] as const) {
    const path = f.write('t.csv', `user,item,time\n${grid((u, i) => `u${u},i${i},${time}`)}`);
    const said = await refusal(path);
    assert.ok(said.includes(`--time-format ${format}.`), said);
    assert.equal(new Date((await load(path, { timeFormat: format })).train.times![0]! * 1000).getUTCFullYear(), 2020);
  }
  const capitals = f.write(
    'c.csv',
    `User,Item\n${grid((u, i) => `u${u},i${i}`)}user,item\n${grid((u, i) => `v${u},i${i}`)}`,
  );
  assert.match(await refusal(capitals), /row 37, column User: the header occurs again/);
});

test('a decimal comma does not change dates with points', async (t) => {
  const path = testFolder(t).write(
    'de.csv',
    `user;item;time;price\n${grid((u, i) => `u${u};i${i};0${i}.03.2024 10:00;${i},5`)}`,
  );
  const read = await load(path, { decimal: ',', timeFormat: '%d.%m.%Y %H:%M', weight: 'price' });
  assert.equal(new Date(read.train.times![0]! * 1000).getUTCMonth(), 2);
  assert.ok(read.train.weights!.every((w) => w % 1 === 0.5));
  const seconds = testFolder(t).write('s.csv', `user;item;time\n${grid((u, i) => `u${u};i${i};160000000${i},25`)}`);
  assert.equal((await load(seconds, { decimal: ',' })).train.times![0]! % 1, 0.25);
});
