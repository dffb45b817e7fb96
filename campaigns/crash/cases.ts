/** The commands that write, each with what must be there before it and how its outcome is read. */

export interface CrashCase {
  readonly name: string;
  /** The command that is killed and given again. */
  readonly words: readonly string[];
  /** Commands that prepare the folder. Cases with equal ones share the work. */
  readonly before: readonly (readonly string[])[];
  /** Commands that only read, between the kill and the second try. They may fail with an error that says why, but not give a third answer. */
  readonly readers: readonly (readonly string[])[];
  /** Text on the standard input of the command. */
  readonly input?: string;
  /** Whether it starts processes, which are killed, too. */
  readonly parallel?: true;
  /** Whether calls of DuckDB count as operations. */
  readonly native?: true;
  /** Whether it is part of the short form. */
  readonly short?: true;
}

/** Rows of user and item for standard input, and for files. */
export const rows = Array.from({ length: 600 }, (_, n) => `u${(n * 7) % 40},i${(n * n + 3 * n) % 53}`);
export const input = `user,item\n${[...new Set(rows)].join('\n')}\n`;

/** Files in each folder, by name. */
export const files: Readonly<Record<string, string>> = {
  'rows.csv': input,
  'names.csv': `item,title\n${Array.from({ length: 60 }, (_, n) => `i${String(n).padStart(2, '0')},Title ${n}`).join('\n')}\n`,
  'pipeline.yaml': `name: p
data: { data: 'synthetic:60x60x600' }
teachers: [{ model: bpr-mf, dim: 4, epochs: 2, evaluateEvery: 1 }, { model: item-knn }]
students: [{ model: bpr-mf, dim: 2, method: hetcomp, epochs: 2, evaluateEvery: 1, period: 1, name: small }]
`,
  'study.yaml': `name: s
data: { data: 'synthetic:60x60x600' }
teachers: [{ model: bpr-mf, dim: 4, epochs: 2, evaluateEvery: 1 }]
student: { model: bpr-mf, dim: 2, epochs: 1, evaluateEvery: 1 }
entries: [{ method: none }, { method: rrd }]
seeds: [0]
against: rrd
tune: { trials: 1 }
`,
};

const DATA = ['--data', 'synthetic:60x60x600'];
const TRAIN = [...DATA, '--dim', '4', '--epochs', '2', '--evaluate-every', '1'];
const base: CrashCase['before'] = [
  ['train', 'bpr-mf', ...TRAIN, '--name', 'a'],
  ['train', 'top-pop', ...DATA, '--name', 'b'],
];
const evaluate = (...runs: string[]): readonly string[] => ['evaluate', ...runs, '--json'];
const verify = (...paths: string[]): readonly string[] => ['verify', ...paths, '--json'];

export const cases: readonly CrashCase[] = [
  {
    ...{ name: 'train', short: true, before: [], words: ['train', 'bpr-mf', ...TRAIN, '--name', 'a'] },
    readers: [evaluate('a'), verify('runs')],
  },
  {
    ...{ name: 'train computed', before: [], words: ['train', 'ease', ...DATA, '--name', 'e'] },
    readers: [evaluate('e'), verify('runs')],
  },
  {
    ...{ name: 'train --overwrite', before: base },
    words: ['train', 'bpr-mf', ...DATA, '--dim', '3', '--epochs', '1', '--name', 'a', '--overwrite'],
    readers: [['compare', 'a', 'b', '--json'], verify('runs')],
  },
  {
    ...{ name: 'train several', before: [], words: ['train', 'bpr-mf', 'top-pop', ...TRAIN] },
    readers: [evaluate('bpr-mf'), verify('runs')],
  },
  {
    ...{ name: 'train from standard input', before: [], input },
    words: ['train', 'top-pop', '--data', '-', '--at', '10', '--select-by', 'recall@10', '--name', 'in'],
    readers: [evaluate('in'), verify('runs')],
  },
  {
    ...{ name: 'distill', before: base },
    words: ['distill', '--teachers', 'a,b', '--dim', '2', '--epochs', '2', '--evaluate-every', '1', '--name', 'small'],
    readers: [evaluate('a', 'small'), verify('runs')],
  },
  {
    ...{ name: 'distill --method bd', before: base },
    words: [
      ...['distill', '--method', 'bd', '--teachers', 'a', '--dim', '2', '--epochs', '2', '--evaluate-every', '1'],
      ...['--name', 'pair'],
    ],
    readers: [evaluate('pair/student'), verify('runs')],
  },
  {
    ...{ name: 'tune', before: [] },
    words: ['tune', 'bpr-mf', ...DATA, '--epochs', '1', '--evaluate-every', '1', '--trials', '2', '--name', 't'],
    readers: [verify('runs')],
  },
  {
    ...{ name: 'run', before: [], words: ['run', 'pipeline.yaml'] },
    readers: [evaluate('p/small'), verify('runs')],
  },
  {
    ...{ name: 'run --jobs 2', before: [], parallel: true, short: true },
    words: ['run', 'pipeline.yaml', '--jobs', '2', '--threads', '2'],
    readers: [evaluate('p/small'), verify('runs')],
  },
  { ...{ name: 'study', before: [], words: ['study', 'study.yaml'] }, readers: [verify('runs')] },
  {
    ...{ name: 'import', before: [...base, ['rankings', 'a', '--out', 'lists.csv', '--last']], native: true },
    words: ['import', 'lists.csv', '--like', 'a', '--name', 'out'],
    readers: [evaluate('a', 'out'), verify('runs')],
  },
  {
    ...{
      name: 'label',
      short: true,
      before: base,
      words: ['label', 'a', '--labels', 'names.csv', '--overwrite'],
      native: true,
    },
    readers: [['recommend', 'a', '--user', 'u01', '--json'], verify('runs')],
  },
  {
    ...{
      name: 'data split',
      short: true,
      before: [],
      words: ['data', 'split', 'rows.csv', '--out', 'split'],
      native: true,
    },
    readers: [['data', 'inspect', 'split', '--json']],
  },
  {
    ...{ name: 'rankings', before: base, words: ['rankings', 'a', 'b', '--out', 'lists.parquet'], native: true },
    readers: [evaluate('a', 'b')],
  },
  ...['bundle', 'npy', 'onnx', 'json', 'pgvector', 'parquet'].map(
    (format): CrashCase => ({
      ...{ name: `export ${format}`, before: base, words: ['export', 'a', '--format', format, '--out', 'out'] },
      ...(format === 'parquet' ? { native: true } : {}),
      readers: [evaluate('a'), verify('runs')],
    }),
  ),
  {
    ...{ name: 'export over an older one', words: ['export', 'a', '--out', 'out'] },
    before: [...base, ['export', 'a', '--out', 'out', '--precision', 'int8']],
    readers: [['recommend', 'out', '--user', 'u01', '--json']],
  },
  {
    ...{ name: 'evaluate --per-user', before: base, words: ['evaluate', 'a', '--per-user', 'users.tsv'] },
    readers: [evaluate('a', 'b')],
  },
  {
    ...{ name: 'report', before: base, words: ['report', 'a', 'b', '--out', 'report.html'] },
    readers: [evaluate('a', 'b')],
  },
];
