/** From the option `data` to files: which file is which part, in which format, with which presets. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fail } from '../errors.js';
import { type CatalogEntry, catalog, type LabelSource } from './catalog.js';
import type { ColumnWishes } from './column-names.js';
import { catalogEntry, entryFiles, getDataset } from './locate.js';
import type { DataOptions } from './options.js';
import type { Format } from './readers/index.js';
import { readManifest, type SplitManifest } from './split-manifest.js';

export interface PlannedFile {
  /** Absolute; `-` is standard input. */
  readonly path: string;
  /** What messages name. Default: the path. */
  readonly shown?: string;
  /** Columns that the folders of the path stand for (`country=DE/`), the same in every row of the file. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface Plan {
  readonly name: string;
  /** Absolute; file names of `labels` start here. */
  readonly folder: string;
  /** The files of one part of interactions, or those of train, valid and test, or of train and test. */
  readonly parts: readonly (readonly PlannedFile[])[];
  readonly format?: Format;
  readonly columns: ColumnWishes;
  readonly header: 'auto' | 'yes' | 'no';
  /** Paths of files whose first column lists every user or item, also those without interactions. */
  readonly users?: string;
  readonly items?: string;
  readonly labels?: LabelSource;
  readonly minUser?: number;
  /** What the folder says about itself, if recdistill wrote it. */
  readonly manifest?: SplitManifest;
  /** Terms of use and citation. */
  readonly notes: readonly string[];
}

/**
 * Finds the files behind the options; a named data set is downloaded if need be.
 * @throws RecdistillError `unknown-name`, `file-missing`, `download-failed`, `needs-not-met`, or `bad-data` for a folder
 * without a data set
 */
export async function planSource(options: DataOptions): Promise<Plan> {
  const { user, item, time, rating, format, header, labels } = options;
  const plan = await planData(String(options.data));
  if (format === 'split' && plan.parts.length < 2) {
    const hint = 'Expected a folder with the files train, valid and test (.tsv, .csv, .jsonl or .parquet).';
    fail('bad-data', { path: options.data, problem: 'is not a ready split', hint });
  }
  if (labels !== undefined && !existsSync(labels)) fail('file-missing', { path: labels });
  const given = Object.entries({ user, item, time, rating }).filter(([, wish]) => wish !== undefined);
  return {
    ...plan,
    columns: { ...plan.columns, ...Object.fromEntries(given) },
    header: header === 'auto' ? plan.header : header,
    ...(format === 'auto' || format === 'split' ? {} : { format }),
    ...(labels === undefined ? {} : { labels: labelFile(labels) }),
  };
}

const labelFile = (path: string): LabelSource => ({
  file: resolve(path),
  style: /\.txt$/i.test(path) ? 'lines' : 'columns',
});

async function planData(data: string): Promise<Plan> {
  if (Object.hasOwn(catalog, data)) return entryPlan(data, catalogEntry(data), resolve(await getDataset(data)));
  const path = resolve(data);
  const found = await stat(path).catch(() => undefined);
  if (found) return found.isDirectory() ? folderPlan(path) : filePlan(path);
  // A bare word is more likely a misspelt name than a file, which has a suffix.
  if (/^[\w-]+$/.test(data)) catalogEntry(data);
  return fail('file-missing', { path: data });
}

function entryPlan(name: string, entry: CatalogEntry, folder: string): Plan {
  const { format, columns = {}, labels, minUser, terms, citation } = entry;
  const items = entry.items === undefined ? undefined : join(folder, entry.items);
  return {
    name,
    folder,
    parts: entryFiles(entry, folder)!.map((file) => [{ path: join(folder, file), keys: {} }]),
    columns,
    header: 'auto',
    ...(format ? { format } : {}),
    ...(items !== undefined && existsSync(items) ? { items } : {}),
    ...(labels ? { labels } : {}),
    ...(minUser === undefined ? {} : { minUser }),
    notes: [`terms: ${terms}`, `cite: ${citation}`],
  };
}

const filePlan = (path: string): Plan => ({
  name: basename(path).replace(/\..*$/, '') || basename(path),
  folder: dirname(path),
  parts: [[{ path, keys: {} }]],
  columns: {},
  header: 'auto',
  notes: [],
});

const SUFFIX = String.raw`\.(?:tsv|csv|txt|jsonl|ndjson|json|parquet|pq)(?:\.gz|\.zst)?$`;
const PARTS = ['train', 'valid', 'test'].map((part) => new RegExp(`^${part}${SUFFIX}`, 'i'));
const SINGLE = new RegExp(String.raw`^(?:(?:interactions|ratings)${SUFFIX}|users\.dat(?:\.gz|\.zst)?$)`, 'i');

/** A folder of the user: a ready split if it has parts (valid may be missing), else one file with a usual name. */
async function folderPlan(folder: string): Promise<Plan> {
  const names = (await readdir(folder)).sort();
  const parts = PARTS.map((pattern) => names.filter((name) => pattern.test(name)));
  const single = names.filter((name) => SINGLE.test(name));
  const isSplit = parts.some((found) => found.length > 0);
  const files = isSplit ? parts.filter((found, at) => at !== 1 || found.length > 0) : [single];
  const wrong = files.findIndex((found) => found.length !== 1);
  if (wrong >= 0) {
    const what = isSplit ? ['train', 'valid', 'test'][parts.indexOf(files[wrong]!)]! : 'interactions';
    const problem =
      files[wrong]!.length > 1
        ? `has more than one file of ${what}: ${files[wrong]!.join(', ')}`
        : `has no file of ${what}`;
    const hint =
      'Expected train, valid (it may be missing) and test (.tsv, .csv, .txt, .jsonl or .parquet), or one of interactions.*, ratings.*, users.dat; or name the file itself.';
    fail('bad-data', { path: folder, problem, hint });
  }
  const manifest = await readManifest(folder);
  const catalogue = (file: string) => (isSplit && names.includes(file) ? join(folder, file) : undefined);
  const users = catalogue('users.tsv');
  const items = catalogue('items.tsv') ?? catalogue('item_map.tsv');
  return {
    name: manifest?.name ?? basename(folder),
    folder,
    parts: files.map(([name]) => [{ path: join(folder, name!), keys: {} }]),
    columns: {},
    header: manifest ? 'yes' : 'auto',
    ...(users ? { users } : {}),
    ...(items ? { items } : {}),
    ...(manifest ? { manifest, labels: { file: 'items.tsv', style: 'columns', name: ([, label = '']) => label } } : {}),
    notes: [],
  };
}
