/** The kinds of files that are read, and what reads them. */
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { importRankings, loadData, openRun, train } from 'recdistill';
import { readBundle } from 'recdistill/bundle';
import { readItemLabels } from 'recdistill/data';
import { pipelineOptions, readPreset, readTrials } from 'recdistill/experiment';
import { exporterOf } from 'recdistill/export';
import { parseOptions } from 'recdistill/options';
import { readHistory } from 'recdistill/report';
import { readFinishedRun, readSavedModel, readTrajectory } from 'recdistill/runs';
import { LOADING, TRAINING } from './corpus.js';

export interface Kind {
  /** The folder of the corpus that is copied for a case. */
  readonly folder: string;
  /** The file in it that is damaged. */
  readonly file: string;
  /** Whether the file has a checksum, or what it says is checked otherwise: a change of what is read has to be refused. */
  readonly sealed: boolean;
  /** Reads the copy of the folder. @returns what was read, as plain values */
  read(folder: string): Promise<unknown>;
}

type Reads = (path: string, folder: string) => Promise<unknown>;

/** Kinds of one folder. Names of sealed files end with `!`. */
const kinds = (folder: string, files: readonly string[], read: Reads): Kind[] =>
  files.map((named) => {
    const file = named.replace(/!$/, '');
    return { folder, file, sealed: named.endsWith('!'), read: (copy) => read(join(copy, file), copy) };
  });

type Loading = NonNullable<Parameters<typeof loadData>[1]>;

async function loaded(path: string, options: Loading = LOADING): Promise<unknown> {
  const { fingerprint, users, items, itemLabels } = await loadData(path, options);
  return [fingerprint, users.ids, items.ids, itemLabels];
}

const own = (folder: string) => loadData(join(folder, 'data.csv'), LOADING);

const student = (of: Pick<Awaited<ReturnType<typeof readBundle>>, 'model'>): unknown => {
  const { userFactors, itemFactors, userIds, itemIds, labels, seen, dim } = of.model;
  return [userFactors, itemFactors, userIds, itemIds, labels, seen, dim];
};

const TABLES = [
  'data.csv',
  'data.tsv',
  'ratings.dat',
  'words.txt',
  'data.jsonl',
  'data.json',
  'data.parquet',
  'users.dat',
];
/** Formats with checksums. A gzip file is one, and so is a zip archive. */
const PACKED = [
  'data.csv.gz!',
  'data.jsonl.gz!',
  'data.csv.bz2!',
  'data.zip!',
  'data.csv.zst',
  'data.duckdb',
  'utf16.csv',
];

/** Reads a run in every way: as a teacher, as a saved model, for a report. */
async function readRun(folder: string): Promise<unknown> {
  const run = join(folder, 'run');
  const { metrics, options, rankings, bestEpoch } = await openRun(run, { data: await own(folder) });
  const { parameters } = readSavedModel(run);
  return [metrics, options, rankings, bestEpoch, parameters, readTrajectory(join(run, 'trajectory')), readHistory(run)];
}

async function resumed(folder: string): Promise<unknown> {
  const run = join(folder, 'run');
  const { metrics, rankings, bestEpoch } = await train('bpr-mf', { ...TRAINING, data: await own(folder), folder: run });
  return [metrics, rankings, bestEpoch];
}

async function imported(path: string, folder: string): Promise<unknown> {
  const runs = join(folder, 'imported');
  rmSync(runs, { recursive: true, force: true });
  const teachers = await importRankings(path, { data: await own(folder), folder: runs, at: [5], selectBy: 'recall@5' });
  return teachers.map(({ metrics, rankings }) => [metrics, rankings]);
}

/** The command line's reader of plans is no part of the package's interface. */
interface YamlModule {
  readonly readYamlFile: (path: string, example: string) => { readonly value: unknown };
}

async function planned(path: string): Promise<unknown> {
  const yaml: YamlModule = await import(new URL('../../../dist/cli/terminal/yaml-file.js', import.meta.url).href);
  return parseOptions(pipelineOptions, yaml.readYamlFile(path, 'name: demo').value as Loading, basename(path));
}

const exported = (format: 'npy' | 'parquet' | 'json') => async (path: string, folder: string) =>
  student(await exporterOf(format).read!(format === 'json' ? path : folder));

const RUN = [
  ...['manifest.json!', 'result.json!', 'data.json!', 'metrics.jsonl!', 'events.jsonl!', 'rankings-test.safetensors!'],
  ...['model.safetensors!', 'trajectory/trajectory.json!', 'trajectory/0-epoch-4.safetensors!'],
].map((file) => `run/${file}`);

const RESUMED = [
  'manifest.json!',
  'metrics.jsonl!',
  'events.jsonl!',
  'checkpoints/LAST!',
  'snapshots/best.safetensors!',
].map((file) => `run/${file}`);

export const all: readonly Kind[] = [
  ...kinds('data', [...TABLES, ...PACKED], (path) => loaded(path)),
  ...kinds('data', ['lists.jsonl'], (path) => loaded(path, { ...LOADING, explode: true })),
  ...kinds('labels', ['labels.csv', 'labels.tsv', 'movies.dat', 'labels.csv.gz!'], (path, folder) =>
    loaded(join(folder, 'data.csv'), { ...LOADING, labels: path }),
  ),
  ...kinds('labels', ['labels.csv'], async (path) => readItemLabels(path, ['i1', 'i2'])),
  ...kinds(
    'split',
    ['train.tsv!', 'valid.tsv!', 'test.tsv!', 'users.tsv!', 'items.tsv!', 'manifest.json!'],
    (_, folder) => loaded(folder, {}),
  ),
  ...kinds('ready', ['train.tsv', 'test.tsv'], (_, folder) => loaded(folder, {})),
  ...kinds('run', RUN, (_, folder) => readRun(folder)),
  ...kinds('resume', RESUMED, (_, folder) => resumed(folder)),
  ...kinds('bundle', ['manifest.json!', 'items.json!', 'users.json!', 'student.safetensors!'], async (_, folder) =>
    student(await readBundle(folder)),
  ),
  ...kinds(
    'npy',
    ['about.json!', 'items.json!', 'users.json!', 'user_factors.npy!', 'item_factors.npy!'],
    exported('npy'),
  ),
  ...kinds('parquet', ['about.json!', 'users.parquet!', 'items.parquet!'], exported('parquet')),
  ...kinds('json', ['student.json'], exported('json')),
  ...kinds('rankings', ['lists.csv', 'lists.jsonl', 'lists.parquet'], imported),
  ...kinds('texts', ['plan.yaml'], planned),
  ...kinds('texts', ['trials.jsonl'], async (path) => readTrials(path)),
  ...kinds('texts', ['preset.json'], async (path) => readPreset(path)),
  ...kinds('link', ['link.json'], async (_, folder) => readFinishedRun(folder).result),
];
