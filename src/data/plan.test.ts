import assert from 'node:assert/strict';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RecdistillError } from '../errors.js';
import { parseOptions } from '../options/options.js';
import type { Plan } from './_plan.js';
import { literal, withDatabase } from './duckdb.js';
import { testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';
import { type DataOptions, dataOptions } from './options.js';
import { planSource } from './plan.js';
import { zipOf } from './zip.test.support.js';

const CSV = `user,item\n${Array.from({ length: 42 }, (_, k) => `${k % 6},${Math.floor(k / 6)}\n`).join('')}`;

interface Place {
  readonly path: string;
  /** Plans with a temporary folder. */
  readonly plan: (data: string | string[], more?: Partial<DataOptions>) => Promise<Plan>;
  /** The files of each part, from the folder on. */
  readonly parts: (data: string | string[], more?: Partial<DataOptions>) => Promise<string[][]>;
  readonly refusal: (data: string | string[]) => Promise<string>;
}

/** A folder with these files; those without content are a small CSV. */
function place(t: TestContext, files: Readonly<Record<string, string | Uint8Array>> | readonly string[]): Place {
  const { path } = testFolder(t);
  const temporary = testFolder(t).path;
  const entries: (readonly [string, string | Uint8Array])[] = Array.isArray(files)
    ? files.map((name: string) => [name, CSV] as const)
    : Object.entries(files);
  for (const [name, content] of entries) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const plan: Place['plan'] = (data, more) =>
    planSource(parseOptions(dataOptions, { ...more, data }, 'data'), temporary);
  const parts: Place['parts'] = async (data, more) =>
    (await plan(data, more)).parts.map((part) => part.map((file) => relative(path, file.path)));
  const refusal: Place['refusal'] = async (data) => {
    try {
      await plan(data);
    } catch (error) {
      assert.ok(error instanceof RecdistillError, String(error));
      return `${error.code}: ${error.message} | ${error.hint}`;
    }
    return assert.fail('it was accepted');
  };
  return { path, plan, parts, refusal };
}

test('the parts of a split go by many names; files that are not read are named', async (t) => {
  for (const [files, wanted] of [
    [
      ['train.csv', 'val.csv', 'test.csv'],
      [['train.csv'], ['val.csv'], ['test.csv']],
    ],
    [
      ['Training.tsv', 'validation.tsv.gz', 'testing.tsv'],
      [['Training.tsv'], ['validation.tsv.gz'], ['testing.tsv']],
    ],
    [
      ['train.dat', 'dev.dat', 'test.dat'],
      [['train.dat'], ['dev.dat'], ['test.dat']],
    ],
    [
      ['train.csv', 'test.csv'],
      [['train.csv'], ['test.csv']],
    ],
    [
      ['ml.train.inter', 'ml.valid.inter', 'ml.test.inter', 'ml.item'],
      [['ml.train.inter'], ['ml.valid.inter'], ['ml.test.inter']],
    ],
    [
      ['ratings_train.csv', 'ratings_test.csv'],
      [['ratings_train.csv'], ['ratings_test.csv']],
    ],
    [
      ['train/part-0001.parquet', 'train/part-0000.parquet', 'train/_SUCCESS', 'test.parquet/x.parquet'],
      [['train/part-0000.parquet', 'train/part-0001.parquet'], ['test.parquet/x.parquet']],
    ],
    [
      ['data/train-00000-of-00002.csv', 'data/train-00001-of-00002.csv', 'data/test-00000-of-00001.csv', 'README.md'],
      [['data/train-00000-of-00002.csv', 'data/train-00001-of-00002.csv'], ['data/test-00000-of-00001.csv']],
    ],
  ] as const) {
    const p = place(t, files);
    assert.deepEqual(await p.parts(p.path), wanted, files.join());
  }
  const p = place(t, ['train.csv', 'test.csv', 'movies.csv', ...Array.from({ length: 9 }, (_, k) => `x${k}.csv`)]);
  assert.deepEqual((await p.plan(p.path)).leftOut, [
    'not read: movies.csv, x0.csv, x1.csv, x2.csv, x3.csv, x4.csv, x5.csv, x6.csv and 2 more',
  ]);
});

test('half of a split, two files for a part and several splits are refused', async (t) => {
  for (const [files, message] of [
    [['train.csv', 'val.csv', 'valid.csv', 'test.csv'], /more than one file for valid: val.csv, valid.csv/],
    [['train.csv', 'train/a.csv', 'test.csv'], /more than one file for train: train, train.csv/],
    [['train.csv', 'val.csv'], /has no file for test/],
    [['a_train.csv', 'a_test.csv', 'b_train.csv', 'b_test.csv'], /contains several splits: a, b/],
    [
      ['x/my_train.csv', 'y/my_test.csv'],
      /named like parts of a split, but is not a complete split: my_train.csv, my_test.csv/,
    ],
    [
      ['train/a.csv', 'train/b.parquet', 'test.csv'],
      /train: has files of several formats: csv \(a.csv\); parquet \(b.parquet\)/,
    ],
  ] as const) {
    const p = place(t, files);
    assert.match(await p.refusal(p.path), message);
  }
});

test("MovieLens 1M's users.dat is no file of interactions; lists in a users.dat are", async (t) => {
  const movieLens = place(t, {
    'ratings.dat': '1::1193::5::978300760\n',
    'users.dat': '1::F::1::10::48067\n',
    'movies.dat': '1::Toy Story (1995)::Comedy\n',
  });
  assert.deepEqual(await movieLens.parts(movieLens.path), [['ratings.dat']]);
  assert.deepEqual((await movieLens.plan(movieLens.path)).leftOut, ['not read: movies.dat, users.dat']);
  const lists = place(t, { 'users.dat': '2 1 2\n1 3\n', 'titles.txt': 'a\n' });
  assert.deepEqual(await lists.parts(lists.path), [['users.dat']]);
  const both = place(t, { 'users.dat': '2 1 2\n', 'ratings.csv': CSV });
  assert.match(await both.refusal(both.path), /more than one file of interactions: ratings.csv, users.dat/);
  const recBole = place(t, ['ml-100k.inter', 'ml-100k.item', 'ml-100k.user']);
  assert.deepEqual(await recBole.parts(recBole.path), [['ml-100k.inter']]);
  const old = place(t, ['u.data', 'u.item', 'u1.base', 'u1.test']);
  assert.deepEqual(await old.parts(old.path), [['u.data']]);
});

test('a folder of one format is read whole, with the columns of its folders', async (t) => {
  const p = place(t, [
    'country=DE/date=2020-01-01/a.csv',
    'country=FR%2FBE/date=2020-01-02/a.csv.gz',
    'country=__HIVE_DEFAULT_PARTITION__/date=2020-01-02/b.csv',
    '_temporary/0.csv',
    'country=DE/.a.csv.crc',
  ]);
  const [files] = (await p.plan(p.path)).parts;
  assert.deepEqual(
    files!.map(({ keys }) => keys),
    [
      { country: 'DE', date: '2020-01-01' },
      { country: 'FR/BE', date: '2020-01-02' },
      { country: '', date: '2020-01-02' },
    ],
  );
  const mixed = place(t, ['a=1/x.csv', 'y.csv']);
  assert.match(
    await mixed.refusal(mixed.path),
    /y.csv: its folders .* define the columns none; those of .*x.csv define a/,
  );
  const formats = place(t, ['a.csv', 'b.jsonl', 'README.txt']);
  assert.match(
    await formats.refusal(formats.path),
    /several formats: csv \(a.csv\); jsonl \(b.jsonl\) \| .*FOLDER\/\*\.csv/,
  );
  const none = place(t, { 'README.txt': 'x', 'LICENSE.txt': 'x' });
  assert.match(await none.refusal(none.path), /has no file of interactions/);
});

test('folders name columns only below what was named', async (t) => {
  const p = place(t, ['home=bob/country=DE/kind=a/x.csv', 'home=bob/country=FR/kind=a/y.csv']);
  const at = (name: string) => join(p.path, 'home=bob', name);
  const keys = async (data: string | string[]) => (await p.plan(data)).parts[0]!.map((file) => file.keys);
  const both = [
    { country: 'DE', kind: 'a' },
    { country: 'FR', kind: 'a' },
  ];
  assert.deepEqual(await keys(at('country=DE/kind=a/x.csv')), [{}]);
  assert.deepEqual(await keys([at('country=DE/kind=a/x.csv')]), [{}]);
  assert.deepEqual(await keys(at('country=DE')), [{ kind: 'a' }]);
  assert.deepEqual(await keys(at('.')), both);
  assert.deepEqual(
    await keys(p.path),
    both.map((one) => ({ home: 'bob', ...one })),
  );
  assert.deepEqual(await keys(at('**/*.csv')), both);
  assert.deepEqual(await keys(at('country=D*/kind=a/x.csv')), [both[0]], 'also where one file matches');
  assert.deepEqual(await keys(at('country=DE/kind=a/*.csv')), [{}]);
  assert.deepEqual(await keys([at('country=DE/kind=a/x.csv'), at('country=FR/kind=a/y.csv')]), both);
  assert.deepEqual(await keys([at('country=DE/kind=a/*.csv'), at('country=FR/kind=a/y.csv')]), both);
});

test('what DuckDB writes by partition is read by partition', async (t) => {
  const p = place(t, {});
  await withDatabase((db) =>
    db.query(
      `COPY (SELECT k % 6 AS "user", k // 6 AS item, if(k % 2 = 0, 'a b', NULL) AS kind FROM range(42) r(k)) TO ${literal(join(p.path, 'out'))} ` +
        '(FORMAT parquet, PARTITION_BY (kind))',
    ),
  );
  const [files] = (await p.plan(join(p.path, 'out'))).parts;
  assert.deepEqual(
    files!.map(({ keys }) => keys.kind),
    ['', 'a b'],
  );
});

test('patterns and lists: sorted, literal paths first, nothing twice', async (t) => {
  const p = place(t, ['b.csv', 'a.csv', 'sub/c.csv', 'd[1].csv', 'd1.csv', '_x.csv']);
  const at = (name: string) => join(p.path, name);
  assert.deepEqual(await p.parts(at('[ab].csv')), [['a.csv', 'b.csv']]);
  assert.deepEqual(await p.parts(at('**/*.csv')), [['a.csv', 'b.csv', 'd1.csv', 'd[1].csv', 'sub/c.csv']]);
  assert.deepEqual(await p.parts(at('{b,sub/c}.csv')), [['b.csv', 'sub/c.csv']]);
  assert.deepEqual(await p.parts(at('d[1].csv')), [['d[1].csv']]);
  assert.deepEqual(await p.parts([at('sub/c.csv'), at('[ab].csv')]), [['sub/c.csv', 'a.csv', 'b.csv']]);
  assert.equal((await p.plan([at('a.csv'), at('sub/c.csv')])).folder, p.path);
  symlinkSync(at('a.csv'), at('link.csv'));
  linkSync(at('a.csv'), at('hard.csv'));
  for (const [data, message] of [
    [at('*.parquet'), /\*\.parquet: no file matches this pattern/],
    [[at('a.csv'), at('a.csv')], /a.csv: is given twice/],
    [[at('a.csv'), at('link.csv')], /link.csv: is the same file as .*a.csv/],
    [[at('a.csv'), at('hard.csv')], /hard.csv: is the same file as .*a.csv/],
    [[at('a.csv'), at('sub')], /sub: is a folder in a list of several sources/],
    [[at('a.csv'), at('no.csv')], /^file-missing/],
    [[at('a.csv'), 'citeulike-t'], /citeulike-t is in a list of several sources/],
  ] as const) {
    assert.match(await p.refusal(typeof data === 'string' ? data : [...data]), message);
  }
});

test('an archive with several files is like a folder', async (t) => {
  const p = place(t, {
    'ml.zip': zipOf([
      { name: 'ml/ratings.csv', content: CSV },
      { name: 'ml/movies.csv', content: 'movieId,title\n1,A\n' },
      { name: '__MACOSX/ml/._ratings.csv', content: 'x' },
    ]),
    'split.zip': zipOf([
      { name: 'train.csv', content: CSV },
      { name: 'test.csv', content: CSV },
    ]),
    'plain.csv.gz': gzipSync(CSV),
  });
  const plan = await p.plan(join(p.path, 'ml.zip'));
  assert.deepEqual([plan.name, plan.leftOut], ['ml', ['not read: ml/movies.csv']]);
  assert.equal(plan.parts[0]![0]!.shown, `${join(p.path, 'ml.zip')}/ml/ratings.csv`);
  assert.equal((await p.plan(join(p.path, 'split.zip'))).parts.length, 2);
  const load = async (name: string) => (await loadDataset({ coldItems: 'keep', data: join(p.path, name) })).fingerprint;
  assert.equal(await load('ml.zip'), await load('plain.csv.gz'));
});

test('an unknown encoding is refused whatever the file is', async (t) => {
  const p = place(t, { 'a.parquet': 'PAR1' });
  await assert.rejects(p.plan(join(p.path, 'a.parquet'), { encoding: 'latin-1' }), { code: 'bad-option' });
});

test('addresses are refused without their password, with the way out', async (t) => {
  const p = place(t, []);
  assert.match(await p.refusal('s3://bucket/a.parquet'), /^usage: s3:.* is a URL.*\| Download it first/);
  const postgres = await p.refusal('postgresql://me:s3cr@t@host/db');
  assert.match(postgres, /\\copy/);
  assert.doesNotMatch(postgres, /s3cr/);
});
