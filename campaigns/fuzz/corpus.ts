/** Sound files of every kind, small, in one folder. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { configure, loadData, RecdistillError, train } from 'recdistill';
import { readBundle } from 'recdistill/bundle';
import { writeRankingsTable, writeSplit } from 'recdistill/data';
import { exportStudent } from 'recdistill/export';
import { BZIP2, ZIP } from './packed.js';

/** Users, items and times: 150 interactions of 12 users and 25 items. */
const ROWS = Array.from({ length: 150 }, (_, n) => ({
  user: `u${n % 12}`,
  item: `i${(n * 7) % 25}`,
  time: 1_600_000_000 + n * 1000,
}));

const table = (delimiter: string, header = true): string =>
  [...(header ? [['user', 'item', 'time']] : []), ...ROWS.map(({ user, item, time }) => [user, item, time])]
    .map((row) => `${row.join(delimiter)}\n`)
    .join('');

const jsonLines = (): string => ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Options of all loads of this corpus. */
export const LOADING = { minUser: 1, minItem: 1, split: 'leave-one-out' } as const;

/** Options of the run that is interrupted and resumed. */
export const TRAINING = { epochs: 6, evaluateEvery: 2, dim: 4, at: [5], selectBy: 'recall@5' as const, checkpoints: 2 };

/** Writes the corpus to `root`. */
export async function makeCorpus(root: string): Promise<void> {
  configure({ threads: 1 });
  const at = (...parts: string[]) => join(root, ...parts);
  const put = (folder: string, files: Readonly<Record<string, string | Uint8Array>>) => {
    mkdirSync(at(folder), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(at(folder, name), content);
  };
  const lists = Array.from({ length: 12 }, (_, u) => ROWS.filter(({ user }) => user === `u${u}`)).map((own) =>
    own.map(({ item }) => item.slice(1)),
  );
  put('data', {
    'data.csv': table(','),
    'data.tsv': table('\t', false),
    'ratings.dat': table('::', false),
    'words.txt': table(' '),
    'data.jsonl': jsonLines(),
    'data.json': JSON.stringify(ROWS),
    'data.csv.gz': gzipSync(table(',')),
    'data.jsonl.gz': gzipSync(jsonLines()),
    'data.csv.bz2': Buffer.from(BZIP2, 'base64'),
    'data.zip': Buffer.from(ZIP, 'base64'),
    'utf16.csv': Buffer.from(`\uFEFF${table(',')}`, 'utf16le'),
    'users.dat': lists.map((items) => `${items.length} ${items.join(' ')}\n`).join(''),
    'lists.jsonl': lists.map((items, u) => `${JSON.stringify({ user: `u${u}`, item: items })}\n`).join(''),
  });
  await withDuckdb(at('data'));
  const names = (delimiter: string) => Array.from({ length: 25 }, (_, n) => `i${n}${delimiter}Name ${n}\n`).join('');
  put('labels', {
    'data.csv': table(','),
    'labels.csv': `item,name\n${names(',')}`,
    'labels.tsv': names('\t'),
    'movies.dat': names('::'),
    'labels.csv.gz': gzipSync(names(',')),
  });
  const dataset = await loadData(at('labels', 'data.csv'), { ...LOADING, labels: at('labels', 'labels.csv') });
  await writeSplit(dataset, at('split'));
  const pairs = (from: number) =>
    ROWS.filter((_, n) => n % 5 === from || from < 0).map((r) => `${r.user}\t${r.item}\n`);
  put('ready', { 'train.tsv': pairs(-1).slice(0, 100).join(''), 'test.tsv': pairs(3).slice(20).join('') });
  const source = await loadData(at('data', 'data.csv'), LOADING);
  await interrupted(source, at('resume', 'run'));
  cpSync(at('resume'), at('run'), { recursive: true });
  const run = await train('bpr-mf', { ...TRAINING, data: source, folder: at('run', 'run') });
  for (const folder of ['run', 'resume']) cpSync(at('data', 'data.csv'), at(folder, 'data.csv'));
  cpSync(at('run', 'run', 'student'), at('bundle'), { recursive: true });
  const student = await readBundle(at('bundle'));
  const exportable = { model: student.model, notes: student.manifest };
  await exportStudent(exportable, 'npy', at('npy'));
  await exportStudent(exportable, 'parquet', at('parquet'));
  mkdirSync(at('json'));
  await exportStudent(exportable, 'json', at('json', 'student.json'));
  put('rankings', { 'data.csv': table(',') });
  for (const name of ['lists.csv', 'lists.jsonl', 'lists.parquet'])
    await writeRankingsTable(at('rankings', name), source, [{ lists: [run.rankings] }]);
  put('texts', { 'plan.yaml': PLAN, 'trials.jsonl': TRIALS, 'preset.json': PRESET });
  put('link', { 'link.json': JSON.stringify({ hash: run.hash, to: 'run' }) });
  cpSync(at('run', 'run'), at('link', 'run'), { recursive: true });
}

/** A run that stopped after a checkpoint. */
async function interrupted(data: Awaited<ReturnType<typeof loadData>>, folder: string): Promise<void> {
  const stop = new AbortController();
  const listen = ({ type }: { readonly type: string }) => void (type === 'checkpoint' && stop.abort());
  try {
    await train('bpr-mf', { ...TRAINING, data, folder, listen, signal: stop.signal });
  } catch (error) {
    if (!(error instanceof RecdistillError) || error.code !== 'interrupted') throw error;
    return;
  }
  // It was finished before the signal. Without its result it counts as interrupted.
  rmSync(join(folder, 'result.json'));
}

async function withDuckdb(folder: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const rows = `SELECT * FROM read_csv('${folder}/data.csv', all_varchar=true)`;
  await connection.run(`COPY (${rows}) TO '${folder}/data.parquet' (FORMAT parquet)`);
  await connection.run(`COPY (${rows}) TO '${folder}/data.csv.zst' (FORMAT csv, COMPRESSION zstd)`);
  await connection.run(`ATTACH '${folder}/data.duckdb' AS file`);
  await connection.run(`CREATE TABLE file.clicks AS ${rows}`);
  await connection.run('DETACH file');
  connection.closeSync();
  instance.closeSync();
}

const PLAN = `data: {data: clicks.csv, minUser: 1}
evaluation: {at: [5, 10]}
teachers:
  - model: ease
    l2: 100
  - {model: bpr-mf, dim: 8, epochs: 4}
students:
  - {name: small, model: bpr-mf, dim: 4, method: hetcomp}
`;

const OF_TRIAL = { reason: 'computed', rungs: {}, seconds: 0.1 };
const TRIALS = [0, 1, 2]
  .map(
    (n) =>
      `${JSON.stringify({ model: 'ease', trial: n, options: { l2: 10 ** n }, value: 0.1 * n, epochs: 0, ...OF_TRIAL })}\n`,
  )
  .join('');

const PRESET = JSON.stringify({
  name: 'mine',
  data: { name: 'clicks', fingerprint: 'a'.repeat(64) },
  selectBy: 'recall@10',
  models: { ease: { options: { l2: 100 }, valid: 0.1, trials: 3 } },
});
