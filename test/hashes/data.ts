/** Loading data: the same rows in every format, and every split and filter. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Case, type Place, runOf, words } from './case.js';
import { inspectParts, splitParts } from './layout.js';
import { data } from './models.js';

interface Row {
  readonly user: number;
  readonly item: number;
  readonly rating: number;
  readonly time: number;
}

/** 40 users, 30 items, distinct pairs, distinct times; items of low numbers are more frequent. */
const rows: readonly Row[] = Array.from({ length: 40 * 30 }, (_, k) => ({ user: k % 40, item: Math.floor(k / 40) }))
  .map(({ user, item }) => ({ user, item, mixed: (user * 7919 + item * 104729 + user * item * 31) % 1009 }))
  .filter(({ item, mixed }) => mixed < 900 / (1 + item / 20))
  .map(({ user, item, mixed }, k) => ({
    user: user + 10,
    item: item + 100,
    rating: 1 + (mixed % 5),
    time: 1_600_000_000 + ((k * 7_919) % 100_003) * 60,
  }));

const byUser = (of: readonly Row[]): readonly (readonly [number, readonly number[]])[] =>
  [...new Set(of.map((r) => r.user))]
    .sort((a, b) => a - b)
    .map((user) => [user, of.filter((r) => r.user === user).map((r) => r.item)]);

const table = (of: readonly Row[], by: string, header = true): string =>
  (header ? [['user', 'item', 'rating', 'timestamp'].join(by)] : [])
    .concat(of.map((r) => [r.user, r.item, r.rating, r.time].join(by)))
    .join('\n')
    .concat('\n');

const userLists = (of: readonly Row[]): string =>
  byUser(of)
    .map(([user, items]) => `${user} ${items.join(' ')}\n`)
    .join('');

/** Parts of a ready split: pairs that two of them share, and items that train lacks. */
const part = (...kept: readonly number[]): readonly Row[] => rows.filter((_, k) => kept.includes(k % 10));

const files: Readonly<Record<string, string | Uint8Array>> = {
  'rows.csv': table(rows, ','),
  'rows.tsv': table(rows, '\t'),
  'bare.csv': table(rows, ';', false),
  'rows.csv.gz': gzipSync(table(rows, ',')),
  'rows.jsonl': rows.map((r) => `${JSON.stringify(r)}\n`).join(''),
  'users.dat': byUser(rows)
    .map(([, items]) => `${items.length} ${items.join(' ')}\n`)
    .join(''),
  'user-lists.txt': userLists(rows),
  'ready/train.csv': table(part(0, 1, 2, 3, 4, 5), ','),
  'ready/valid.csv': table(part(5, 6, 7), ','),
  'ready/test.csv': table(part(8, 9), ','),
  'published/train.txt': userLists(part(0, 1, 2, 3, 4, 5, 6, 7)),
  'published/test.txt': userLists(part(8, 9)),
};

/** A case has a folder of its own, so that cases may run at the same time. */
function written(place: Place, folder: string, name: string): string {
  for (const [path, content] of Object.entries(files)) {
    if (path !== name && !path.startsWith(`${name}/`)) continue;
    const file = place.path(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return place.path(folder, name);
}

const load = (name: string, file: string, options = ''): Case => ({
  name: `data/${name}`,
  needs: [],
  async run(place) {
    const folder = `data-${name}`;
    const out = place.path(folder, 'out');
    return splitParts(
      await place.ask('data', 'split', written(place, folder, file), ...words(options), '--out', out),
      out,
    );
  },
});

const inspect = (name: string, source: (place: Place) => readonly string[]): Case => ({
  name: `inspect/${name}`,
  needs: [],
  run: async (place) => inspectParts(await place.ask('data', 'inspect', ...source(place))),
});

export const dataCases: readonly Case[] = [
  load('csv', 'rows.csv'),
  load('csv-bare', 'bare.csv'),
  load('csv-gz', 'rows.csv.gz'),
  load('tsv', 'rows.tsv'),
  load('jsonl', 'rows.jsonl', '--user user --item item --time time --rating rating'),
  load('lists', 'users.dat'),
  load('user-lists', 'user-lists.txt', '--format user-lists'),
  load('ready', 'ready'),
  load('published', 'published', '--format split --valid-share 0.2'),
  load('pooled', 'ready', '--split ratio'),
  load('ratio-seed', 'rows.csv', '--split-seed 7 --ratios 0.7,0.1,0.2'),
  load('ratio-latest', 'rows.csv', '--hold-out latest'),
  load('leave-one-out', 'rows.csv', '--split leave-one-out'),
  load('leave-one-out-latest', 'rows.csv', '--split leave-one-out --hold-out latest'),
  load('time', 'rows.csv', '--split time'),
  load('time-cold', 'rows.csv', '--split time --cold-items keep --min-rating 4 --min-user 1'),
  load('users', 'rows.csv', '--split users'),
  load('users-shares', 'rows.csv', '--split users --ratios 0.5,0.2,0.3 --fold-in-share 0.5 --cold-items keep'),
  load('min-rating', 'rows.csv', '--min-rating 3'),
  load('k-core', 'rows.csv', '--min-rating 3 --core k-core --min-user 6 --min-item 11'),
  load('hidden', 'rows.csv', '--hidden-share 0.3'),
  {
    name: 'data/parquet',
    needs: ['model/ease'],
    async run(place) {
      const [file, out] = [place.path('lists.parquet'), place.path('data-parquet')];
      await place.ask('rankings', runOf('model/ease'), '--last', '--out', file);
      return splitParts(await place.ask('data', 'split', file, '--out', out), out);
    },
  },
  inspect('synthetic', () => words(data)),
  inspect('synthetic-seed', () => ['synthetic:200x300x3000:7', '--split', 'time']),
  inspect('ready', (place) => [written(place, 'inspect-ready', 'ready')]),
];
