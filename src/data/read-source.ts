/** Reads the files of a plan into numbered pairs. */
import { basename } from 'node:path';
import { fail } from '../errors.js';
import { badFile, type Database, firstLines } from './duckdb.js';
import { readLabels } from './labels.js';
import type { DataOptions } from './options.js';
import type { Source } from './pairs.js';
import type { Plan } from './plan.js';
import { readRows } from './readers/delimited.js';
import { type Format, readers } from './readers/index.js';
import { openSource, refuseOtherFormat, type SourceFile } from './source-file.js';
import { numberIds, type StagedPart, stage } from './staging.js';

export interface ReadSource extends Source {
  /** One name for each item, if the source has names. */
  readonly labels?: readonly string[];
  readonly notes: readonly string[];
}

/** @throws RecdistillError `file-missing`, `bad-data`, `out-of-memory` */
export async function readSource(db: Database, plan: Plan, options: DataOptions): Promise<ReadSource> {
  const parts: StagedPart[] = [];
  const notes: string[] = [];
  const opening = { encoding: options.encoding, quote: options.quote, table: options.table, folder: db.folder };
  for (const [k, files] of plan.parts.entries()) {
    const file = await openSource(files[0]!, opening);
    const path = file.shown;
    refuseOtherFormat(file, plan.format);
    const format = plan.format ?? (await formatOf(db, file, plan.parts.length > 1));
    const wished = Object.values(plan.columns).filter((wish) => wish !== undefined);
    const table = await readers[format](db, { file, header: plan.header, wished });
    const needRating = options.minRating !== undefined;
    const part = await stage(db, `part${k}`, file, table, plan.columns, { needRating }).catch((e) => badFile(path, e));
    if (part.rows === 0 && plan.parts.length === 1) {
      fail('bad-data', {
        path,
        problem: 'has no rows of data',
        hint: 'Expected rows of user and item after the header.',
      });
    }
    const { columns } = part;
    const used = Object.entries(columns).map(([role, column]) => `${role} = ${column.name}`);
    notes.push(
      `read ${basename(path)} as ${format}${table.named ? '' : ' without header'}: ${part.rows} rows, ${used.join(', ')}`,
    );
    parts.push(part);
  }
  const source = await numberIds(db, parts, {
    users: await catalogueIds(db, plan, plan.users),
    items: await catalogueIds(db, plan, plan.items),
  });
  const labels = plan.labels && (await readLabels(db, plan.folder, plan.labels, source.items, options.encoding));
  return { ...source, ...(labels?.some((label) => label !== '') ? { labels } : {}), notes };
}

async function catalogueIds(db: Database, plan: Plan, path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const { rows } = await readRows(db, {
    file: await openSource(path, { folder: db.folder }),
    header: plan.header,
    wished: [],
  });
  return rows.map(([id]) => id!).filter((id) => id !== '');
}

const SUFFIXES: readonly (readonly [RegExp, Format])[] = [
  [/\.csv$/, 'csv'],
  [/\.(?:tsv|tab)$/, 'tsv'],
  [/\.(?:jsonl|ndjson|json)$/, 'jsonl'],
  [/\.(?:parquet|pq)$/, 'parquet'],
];

/** What the content or the name of a file says about its format, if anything. */
export const formatByName = ({ name, content }: SourceFile): Format | undefined =>
  content === 'text' ? SUFFIXES.find(([pattern]) => pattern.test(name))?.[1] : content;

/** The format by file name; a text file with another suffix is looked into. A single number on a line is no list. */
async function formatOf(db: Database, file: SourceFile, ofSplit: boolean): Promise<Format> {
  const known = formatByName(file);
  if (known) return known;
  const lines = (await firstLines(db, file, 20)).map((line) => line.trim()).filter((line) => line !== '');
  if (lines.length === 0 || !lines.every((line) => /^\d+( +\d+)*$/.test(line))) return 'csv';
  const counted =
    file.name === 'users.dat' || lines.every((line) => Number(line.split(/ +/)[0]) === line.split(/ +/).length - 1);
  // Lists that start with their length do not say whose they are, so the parts of a split cannot be such.
  return counted && !ofSplit ? 'lists' : 'user-lists';
}
