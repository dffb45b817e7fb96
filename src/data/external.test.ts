import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RecdistillError } from '../errors.js';
import { readExternalRankings } from './external.js';
import { testFolder } from './folder.test.support.js';
import type { RankingOptions } from './ranking-options.js';
import { type Rankings, rankingOf } from './rankings.js';
import { dataset, ITEMS, USERS } from './tiny-dataset.test.support.js';

const names = (r: Rankings, user: number): string => [...rankingOf(r, user)].map((i) => ITEMS[i]).join('');
const lists = (r: Rankings): string[] => USERS.map((_, u) => names(r, u));

async function read(t: TestContext, text: string, options: Partial<RankingOptions> = {}, name = 'mine.csv', depth = 6) {
  return readExternalRankings(testFolder(t).write(name, text), dataset, depth, options);
}

test('ranks and scores: train items go to the observed ones, valid items are left out for testing only', async (t) => {
  const rows = [
    ['ann', 'c', 3, 0.1],
    ['ann', 'a', 1, 0.9],
    ['ann', 'b', 2, 0.5],
    ['bob', 'c', 1, 7],
    ['bob', 'f', 2, 6],
    ['céline "c", d', 'f', 1, 3],
    ['céline "c", d', 'e', 2, 2],
    ['céline "c", d', 'a', 3, 1],
  ] as const;
  const user = (id: string) => `"${id.replaceAll('"', '""')}"`;
  const ranked = `user,item,rank\n${rows.map(([u, i, r]) => `${user(u)},${i},${r}\n`).join('')}`;
  const scored = `${rows.map(([u, i, , s]) => JSON.stringify({ user: u, item: i, score: s })).join('\n')}\n`;
  for (const found of [await read(t, ranked), await read(t, scored, {}, 'mine.jsonl')]) {
    assert.equal(found.teachers.length, 1);
    const { name, trajectory, rankings } = found.teachers[0]!;
    assert.deepEqual([name, trajectory.teacher, trajectory.dataFingerprint], [undefined, 'mine', 'f']);
    assert.deepEqual(trajectory.checkpoints.length, 1);
    assert.deepEqual(lists(trajectory.checkpoints[0]!.rankings), ['bc', 'f', 'a']);
    assert.deepEqual(lists(rankings), ['c', 'f', 'a']);
    assert.deepEqual(lists(trajectory.observed!), ['a', 'c', 'fe']);
    const { rows, unknownUsers, gaps, duplicates, teachers } = found.report;
    assert.deepEqual([rows, unknownUsers.ids, gaps.count, duplicates.count], [8, 0, 0, 0]);
    assert.deepEqual(teachers[0]!.checkpoints, [{ epoch: 1, rows: 8, nUsers: 3, filled: 0, shorter: 3 }]);
    assert.equal(teachers[0]!.usersWithObserved, 3);
  }
});

test('lists are cut after train items were taken out; equal scores go by the number of the item', async (t) => {
  const all = ITEMS.map((i) => `ann,${i},1\n`).join('');
  const { teachers } = await read(t, `user,item,score\n${all}`, {}, 'mine.csv', 3);
  assert.equal(names(teachers[0]!.trajectory.checkpoints[0]!.rankings, 0), 'bcd');
  assert.equal(names(teachers[0]!.rankings, 0), 'cde');
});

test('without train items there is no observed ranking', async (t) => {
  const { teachers, report } = await read(t, 'user,item,rank\nann,b,1\nbob,a,1\n');
  assert.equal(teachers[0]!.trajectory.observed, undefined);
  assert.equal(report.teachers[0]!.usersWithObserved, 0);
  assert.deepEqual(report.teachers[0]!.usersWithoutRanking, { count: 1, examples: [USERS[2]] });
});

test('teachers and checkpoints are sorted by number if all are numbers, else by name; missing users get the nearest list', async (t) => {
  const rows = [
    ...['ann,b,1,x,100', 'bob,d,1,x,100', 'ann,c,1,x,9', 'ann,d,1,x,20', 'bob,e,1,x,20'],
    ...['ann,e,1,y,last', 'ann,f,1,y,early', 'bob,a,1,y,early', 'ann,b,1,z,0.5', 'ann,c,1,z,0.25'],
  ];
  const { teachers, report } = await read(t, `user,item,rank,teacher,epoch\n${rows.join('\n')}\n`);
  assert.deepEqual(
    teachers.map((x) => [
      x.name,
      x.trajectory.checkpoints.map((c) => [c.epoch, names(c.rankings, 0), names(c.rankings, 1)]),
    ]),
    [
      [
        'x',
        [
          [9, 'c', 'e'],
          [20, 'd', 'e'],
          [100, 'b', 'd'],
        ],
      ],
      [
        'y',
        [
          [1, 'f', 'a'],
          [2, 'e', 'a'],
        ],
      ],
      [
        'z',
        [
          [1, 'c', ''],
          [2, 'b', ''],
        ],
      ],
    ],
  );
  // bob is not in the last checkpoint of y: what fills the gap is tested, too.
  assert.equal(names(teachers[1]!.rankings, 1), 'a');
  const [x, y, z] = report.teachers;
  assert.deepEqual(
    x!.checkpoints.map((c) => [c.checkpoint, c.nUsers, c.filled]),
    [
      ['9', 1, 1],
      ['20', 2, 0],
      ['100', 2, 0],
    ],
  );
  assert.deepEqual(
    y!.checkpoints.map((c) => [c.checkpoint, c.filled]),
    [
      ['early', 0],
      ['last', 1],
    ],
  );
  assert.equal(z!.usersWithoutRanking.count, 2);
});

test('a number in the same text is the epoch; other texts go by code point', async (t) => {
  const epochs = async (...labels: string[]) => {
    const text = labels.map((label, k) => `ann,${ITEMS[k + 1]},1,${label}\n`).join('');
    const { teachers } = await read(t, `user,item,rank,checkpoint\n${text}`);
    return teachers[0]!.trajectory.checkpoints.map((c) => [c.epoch, names(c.rankings, 0)]);
  };
  assert.deepEqual(await epochs('epoch-10.pt', 'epoch-9.pt'), [
    [9, 'c'],
    [10, 'b'],
  ]);
  assert.deepEqual(await epochs('10.0', '9.0', '1e2'), [
    [9, 'c'],
    [10, 'b'],
    [100, 'd'],
  ]);
  assert.deepEqual(await epochs('a-10', 'b-9'), [
    [1, 'b'],
    [2, 'c'],
  ]);
  assert.deepEqual(await epochs('-1', '2'), [
    [1, 'b'],
    [2, 'c'],
  ]);
  assert.deepEqual(await epochs('1', '1.0'), [
    [1, 'b'],
    [2, 'c'],
  ]);
  assert.deepEqual(await epochs('best', 'v2-1'), [
    [1, 'b'],
    [2, 'c'],
  ]);
});

test('of two checkpoints that are equally near the earlier fills the gap', async (t) => {
  const { teachers } = await read(t, 'user,item,rank,epoch\nann,b,1,1\nann,c,1,3\nbob,a,1,1\nbob,b,1,2\nbob,d,1,3\n');
  assert.deepEqual(
    teachers[0]!.trajectory.checkpoints.map((c) => names(c.rankings, 0)),
    ['b', 'b', 'c'],
  );
});

test('skipped and corrected rows are counted, with examples', async (t) => {
  const { teachers, report } = await read(
    t,
    'user,item,rank\nzoe,b,1\nann,zz,1\nann,b,2\nann,d,4\nann,b,7\nyan,yy,1\nzoe,c,2\nbob,a,1\n',
  );
  assert.equal(names(teachers[0]!.rankings, 0), 'd');
  assert.equal(names(teachers[0]!.trajectory.checkpoints[0]!.rankings, 0), 'bd');
  assert.deepEqual(report.unknownUsers, { ids: 2, rows: 3, examples: ['zoe', 'yan'] });
  assert.deepEqual(report.unknownItems, { ids: 2, rows: 2, examples: ['zz', 'yy'] });
  assert.deepEqual(report.gaps, { count: 1, example: 'user "ann" has no item at rank 3' });
  assert.deepEqual(report.duplicates, { count: 1, example: 'user "ann" has "b" again in row 5' });
});

const refused: readonly (readonly [what: string, text: string, message: RegExp, options?: Partial<RankingOptions>])[] =
  [
    [
      'duplicate ranks',
      'user,item,rank,teacher,epoch\nann,b,1,x,5\nann,c,2,x,5\nann,d,2,x,5\n',
      /teacher "x", checkpoint 5: user "ann" has two items at rank 2: "c" \(row 2\) and "d" \(row 3\)/,
    ],
    [
      'duplicate ranks of an unknown item',
      'user,item,rank\nann,b,1\nann,zz,1\n',
      /two items at rank 1: "b" .* and "zz"/,
    ],
    ['rank and score', 'user,item,rank,score\nann,b,1,2\n', /has both a rank \(rank\) and a score \(score\)/],
    ['neither', 'user,item,worth\nann,b,1\n', /neither a rank nor a score; columns found: user, item, worth/],
    ['no header', 'ann,b,1\n', /neither a rank nor a score/],
    ['a word as rank', 'user,item,rank\nann,b,1\nann,c,second\n', /row 2, column rank: the rank is "second"/],
    ['rank 0', 'user,item,rank\nann,b,0\n', /row 1, column rank: the rank is "0"/],
    ['half a rank', 'user,item,rank\nann,b,1.5\n', /the rank is "1\.5"/],
    ['no rank', 'user,item,rank\nann,b,\n', /the rank is empty/],
    ['NaN', 'user,item,score\nann,b,0.5\nann,c,NaN\n', /row 2, column score: the score is "NaN"/],
    ['infinite', 'user,item,score\nann,b,-inf\n', /the score is "-inf"/],
    ['no user', 'user,item,rank\n,b,1\n', /row 1, column user: the user is empty/],
    ['no teacher', 'user,item,rank,teacher\nann,b,1,\n', /the teacher is empty/],
    [
      'one column twice',
      'user,item,rank\nann,b,1\n',
      /column item cannot be both item and teacher/,
      { teacher: 'item' },
    ],
    ['a column that is not there', 'user,item,rank\nann,b,1\n', /there is no column "uid"/, { user: 'uid' }],
    ['only a header', 'user,item,rank\n', /no rows of data/],
    [
      'nothing known',
      'user,item,rank\n1,2,1\n3,b,1\n',
      /no usable row.*unknown users \(2, such as "1"\) and unknown items \(1, such as "2"\)/,
    ],
    [
      'train items only',
      'user,item,rank\nann,a,1\n',
      /no usable row: no known user has a known item that is not in train$/,
    ],
    ['nothing of one teacher', 'user,item,rank,teacher\nann,b,1,x\nzoe,b,1,y\n', /teacher "y": no usable row/],
    [
      'a checkpoint in every row',
      `user,item,rank,epoch\n${Array.from({ length: 101 }, (_, k) => `ann,b,1,${k}\n`).join('')}`,
      /101 checkpoints; at most 100/,
    ],
  ];

for (const [what, text, message, options] of refused) {
  test(`refused: ${what}`, async (t) => {
    await assert.rejects(read(t, text, options), (e: unknown) => {
      assert.ok(e instanceof RecdistillError, String(e));
      assert.equal(e.code, 'bad-data');
      assert.match(e.message, message);
      assert.match(e.hint, /[a-z] [a-z]/);
      return true;
    });
  });
}

test('columns are selected by name and position; a given column takes precedence over a well-known one', async (t) => {
  const same = async (text: string, options: Partial<RankingOptions>) => {
    const { teachers } = await read(t, text, options);
    assert.equal(names(teachers[0]!.trajectory.checkpoints[0]!.rankings, 0), 'dc');
  };
  await same('who,what,how\nann,c,1\nann,d,2\n', { user: 'who', item: 'what', score: 'how' });
  await same('ann,c,1\nann,d,2\n', { header: 'no', score: '3' });
  await same('user,item,rank,score\nann,c,1,1\nann,d,2,2\n', { score: 'score' });
  await same('user,item,rank,score\nann,c,2,9\nann,d,1,1\n', { score: 'none' });
  await same('user,item,rank,model,epoch\nann,c,2,x,1\nann,d,1,y,2\n', { teacher: 'none', checkpoint: 'none' });
});

test('compressed files are read, cut ones refused', async (t) => {
  const folder = testFolder(t);
  const whole = gzipSync('user,item,rank\nann,b,1\n');
  const good = folder.write('mine.csv.gz', whole);
  assert.equal(
    names((await readExternalRankings(good, dataset, 6)).teachers[0]!.trajectory.checkpoints[0]!.rankings, 0),
    'b',
  );
  const cut = folder.write('cut.csv.gz', whole.subarray(0, whole.length - 6));
  await assert.rejects(readExternalRankings(cut, dataset, 6), { code: 'bad-data' });
  await assert.rejects(readExternalRankings(join(folder.path, 'none.csv'), dataset, 6), { code: 'file-missing' });
});
