/** Stages the files of one part of a source, one after the other, in one DuckDB table. */
import { relative } from 'node:path';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import type { Reading } from './detect-format.js';
import { type Database, literal } from './duckdb.js';
import type { PlannedFile } from './files.js';
import { expectLikeFirst, type FirstFile, namedAsFirst, refuseRankings } from './first-file.js';
import { type Found, formatOf } from './format-of.js';
import type { StagedPart } from './number-ids.js';
import type { Table } from './readers/_reader.js';
import { readTable } from './readers/index.js';
import { openSource, refuseOtherFormat } from './source-file.js';
import { type ReadingOptions, type StagedFile, stageFile } from './stage-file.js';
import type { TimeCount } from './times.js';

/** Information from the files that were read before. */
export interface Before {
  readonly reading?: Reading | undefined;
  readonly first?: FirstFile | undefined;
}

export interface PartRead extends StagedPart, Before {
  readonly notes: readonly string[];
  readonly times: readonly TimeCount[];
  /** The subset of `notes` about what was skipped. */
  readonly leftOut: readonly string[];
}

/** Maximum number of files that the notes list by name. */
const NAMED = 5;

/** @throws RecdistillError as `readSource` */
export async function stagePart(
  db: Database,
  name: string,
  files: readonly PlannedFile[],
  plan: Plan,
  options: ReadingOptions,
  before: Before,
): Promise<PartRead> {
  const notes: string[] = [];
  const leftOut: string[] = [];
  const staged: StagedFile[] = [];
  let [{ reading, first }, ofPart] = [before, false];
  for (const [k, planned] of files.entries()) {
    const table = k === 0 ? name : 'next_file';
    const one = await stagePlanned(db, table, planned, plan, options, {
      reading,
      first,
      ofPart,
      several: files.length > 1,
    });
    [reading, first, ofPart] = [reading ?? one.reading, first ?? one.first, true];
    if (k > 0) {
      await db.query(`INSERT INTO ${name} SELECT * FROM ${table}`);
      await db.query(`DROP TABLE ${table}`);
    }
    staged.push(one.staged);
    if (k < NAMED) notes.push(one.description);
    // Files of one source have the same columns: one sentence is enough.
    const { unusedRating } = one.staged;
    if (k === 0 && !before.first && unusedRating !== undefined)
      leftOut.push(`${nameIn(plan, planned)}: ${unusedRating}`);
    leftOut.push(...one.staged.skipped.map((what) => `${nameIn(plan, planned)}: skipped ${what}`));
  }
  const rows = staged.reduce((sum, one) => sum + one.rows, 0);
  if (files.length > 1) {
    const more = files.length > NAMED ? `the first ${NAMED} are listed above` : 'as listed above';
    notes.push(`${files.length} files have ${rows} rows in total (${more})`);
  }
  notes.push(...leftOut);
  const of = staged.reduce((sum, one) => sum + (one.of ?? 0), 0);
  if (of > rows) leftOut.push(`the condition where keeps ${rows} of ${of} rows`);
  if (rows === 0) refuseNothing(files, plan, options);
  const { columns, countsRows } = staged[0]!;
  return { name, rows, columns, countsRows, notes, leftOut, reading, first, times: staged.flatMap((one) => one.times) };
}

function refuseNothing(files: readonly PlannedFile[], plan: Plan, { where }: ReadingOptions): never {
  const ofPart = plan.parts.length > 1 ? `, and ${files.length === 1 ? 'is' : 'are'} a part of ${plan.name}` : '';
  const path = files.length === 1 ? shownOf(files[0]!) : `${shownOf(files[0]!)} and ${files.length - 1} more`;
  if (where !== undefined) {
    const hint =
      'Comparison of text is case-sensitive. Run `data inspect` without --where to see whether the files have rows at all.';
    fail('bad-data', { path, problem: `no row satisfies the condition ${JSON.stringify(where)}${ofPart}`, hint });
  }
  const hint =
    'Expected rows of user and item after the header. If an empty valid file is not intended, remove it: valid is then taken from train.';
  fail('bad-data', { path, problem: `has no rows of data${ofPart}`, hint });
}

interface PlannedRead {
  readonly staged: StagedFile;
  readonly description: string;
  readonly reading: Reading | undefined;
  readonly first: FirstFile;
}

async function stagePlanned(
  db: Database,
  name: string,
  planned: PlannedFile,
  plan: Plan,
  options: ReadingOptions,
  before: Before & { readonly ofPart: boolean; readonly several: boolean },
): Promise<PlannedRead> {
  const { encoding, quote, table: wantedTable, delimiter } = options;
  const file = await openSource(planned, { encoding, quote, table: wantedTable, folder: db.folder });
  refuseOtherFormat(file, plan.format);
  const givenNames = [...Object.values(plan.columns), ...wordsOf(options.where)].filter((name) => name !== undefined);
  const ofSplit = plan.parts.length > 1;
  const found: Found = plan.format
    ? { format: plan.format }
    : await formatOf(db, file, { ofSplit, delimiter, givenNames, before: before.reading });
  const { format } = found;
  const request = { file, header: plan.header, givenNames, quote, delimiter: delimiter ?? found.delimiter };
  const own = withKeys(await readTable(format, db, request), file.keys);
  // A file given alone is intended.
  if (before.several) refuseRankings(file.shown, own);
  const table = before.first ? namedAsFirst(before.first, file.shown, own) : own;
  const staged = await stageFile(db, name, file, table, plan.columns, options);
  const first = { shown: file.shown, table, columns: staged.columns };
  if (before.first) expectLikeFirst(before.first, first, plan.columns, before.ofPart);
  const used = Object.entries(staged.columns).map(([role, column]) => `${role} = ${column.name}`);
  if (staged.countsRows) used.push('weight = number of rows');
  const divided = format === 'csv' ? dividedBy(request.delimiter ?? file.delimiter) : '';
  const headless = own.named ? '' : ' without header';
  const kept = staged.of === undefined ? '' : ` of ${staged.of}, by where`;
  return {
    staged,
    first,
    reading: isGuessed(format) && !plan.format ? { ...found, format } : undefined,
    description: `read ${nameIn(plan, planned)} as ${format}${divided}${headless}: ${staged.rows} rows${kept}, ${used.join(', ')}`,
  };
}

/** Name of a file in the notes: relative to the folder of the source. */
const nameIn = ({ folder }: Plan, { path, shown = path }: PlannedFile): string => {
  const inside = relative(folder, path);
  return inside === '' || inside.startsWith('..') ? (shown.split(/[/\\]/).at(-1) ?? shown) : inside;
};

const isGuessed = (format: string): format is Reading['format'] =>
  format === 'csv' || format === 'jsonl' || format === 'lists' || format === 'user-lists';

const NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  '\t': 'tabs',
  tab: 'tabs',
  ';': 'semicolons',
  whitespace: 'whitespace',
};

const dividedBy = (delimiter: string | undefined): string =>
  delimiter === undefined ? '' : ` separated by ${NAMES[delimiter] ?? delimiter}`;

const shownOf = ({ path, shown = path }: PlannedFile): string => shown;

/** Names such as `event.type` in a condition, which may be fields of a structure. */
const wordsOf = (where: string | undefined): string[] => where?.match(/[A-Za-z_]\w*(?:\.\w+)+/g) ?? [];

/** Adds the columns from folder names. A column of the file itself takes precedence. */
function withKeys(table: Table, keys: Readonly<Record<string, string>>): Table {
  const own = new Set(table.columns.map((c) => c.name));
  const more = Object.entries(keys).filter(([key]) => !own.has(key));
  return {
    ...table,
    columns: [...table.columns, ...more.map(([name, value]) => ({ name, sql: literal(value), ofFolder: true }))],
  };
}
