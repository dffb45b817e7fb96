/** Reads the files of a plan into numbered pairs. */
import { basename } from 'node:path';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import type { ColumnMap } from './column-names.js';
import { detectFormat, type Reading, SAMPLE_LINES } from './detect-format.js';
import { type Database, firstLines, linesOf, literal, pathValue } from './duckdb.js';
import type { PlannedFile, SourceFile } from './files.js';
import type { LabelMatch } from './label-match.js';
import { readLabels } from './labels.js';
import { numberIds, type StagedPart } from './number-ids.js';
import type { DataOptions } from './options.js';
import type { Source } from './pairs.js';
import type { Table } from './readers/_reader.js';
import { readRows } from './readers/delimited.js';
import { type Format, readers } from './readers/index.js';
import { openSource, refuseOtherFormat } from './source-file.js';
import { type StagedFile, stageFile } from './stage-file.js';
import { daysSql, type TimeCount, timesAreDays } from './times.js';

export interface ReadSource extends Source {
  /** One name for each item, if the source has names. */
  readonly labels?: readonly string[];
  /** How the file of names fits, if there is one. */
  readonly names?: LabelMatch;
  readonly notes: readonly string[];
}

/** @throws RecdistillError `file-missing`, `bad-data`, `bad-option`, `out-of-memory` */
export async function readSource(db: Database, plan: Plan, given: DataOptions): Promise<ReadSource> {
  const options = plan.manifest ? { ...given, ...WRITTEN } : given;
  const notes: string[] = [];
  const parts: StagedPart[] = [];
  let reading: Reading | undefined;
  const times: TimeCount[] = [];
  for (const [k, files] of plan.parts.entries()) {
    const part: PartRead = await stagePart(db, `part${k}`, files, plan, options, reading);
    reading ??= part.reading;
    notes.push(...part.notes);
    times.push(...part.times);
    parts.push(part);
  }
  if (timesAreDays(times)) {
    for (const part of parts) if (part.columns.time) await db.query(daysSql(part.name));
    notes.push('times of eight digits are dates, such as 20200913');
  }
  const source = await numberIds(db, parts, {
    users: await catalogueIds(db, plan, plan.users),
    items: await catalogueIds(db, plan, plan.items),
  });
  const encoding = given.labelsEncoding === 'auto' ? given.encoding : given.labelsEncoding;
  const names = plan.labels && (await readLabels(db, plan.folder, plan.labels, source.items, encoding));
  const labels = names?.labels.some((label) => label !== '') ? { labels: names.labels } : {};
  return { ...source, ...labels, ...(names ? { names } : {}), notes };
}

/** How `writeSplit` writes, whatever ids and times there are. */
const WRITTEN = {
  ...{ delimiter: undefined, quote: 'double', encoding: 'utf-8', decimal: '.' },
  ...{ missing: [], timeUnit: 's', timeFormat: undefined },
} as const satisfies Partial<DataOptions>;

/** Files that are named one by one in the notes. */
const NAMED = 5;

interface PartRead extends StagedPart {
  readonly notes: readonly string[];
  readonly times: readonly TimeCount[];
  readonly reading: Reading | undefined;
}

/** All files of a part, one after the other, in one table. */
async function stagePart(
  db: Database,
  name: string,
  files: readonly PlannedFile[],
  plan: Plan,
  options: DataOptions,
  before: Reading | undefined,
): Promise<PartRead> {
  const notes: string[] = [];
  const staged: StagedFile[] = [];
  let reading = before;
  for (const [k, planned] of files.entries()) {
    const table = k === 0 ? name : 'next_file';
    const { description, ...one } = await stagePlanned(db, table, planned, plan, options, reading);
    reading ??= one.reading;
    const before = staged[0];
    if (before) {
      expectSameRoles(shownOf(files[0]!), before.columns, shownOf(planned), one.columns);
      await db.query(`INSERT INTO ${name} SELECT * FROM ${table}`);
      await db.query(`DROP TABLE ${table}`);
    }
    staged.push(one);
    if (k < NAMED) notes.push(description);
    notes.push(...one.skipped.map((what) => `${basename(shownOf(planned))}: left out ${what}`));
  }
  const rows = staged.reduce((sum, one) => sum + one.rows, 0);
  if (files.length > 1) {
    const more = files.length > NAMED ? `the first ${NAMED} are named above` : 'as above';
    notes.push(`${files.length} files make up ${rows} rows (${more})`);
  }
  if (rows === 0) {
    const problem =
      plan.parts.length === 1 ? 'has no rows of data' : `has no rows of data, and is a part of ${plan.name}`;
    const hint =
      options.where === undefined
        ? 'Expected rows of user and item after the header. A folder without valid gets one out of train; remove the file if it is not meant.'
        : 'The condition of where may hold for no row.';
    fail('bad-data', { path: shownOf(files[0]!), problem, hint });
  }
  const { columns, countsRows } = staged[0]!;
  return { name, rows, columns, countsRows, notes, reading, times: staged.flatMap((one) => one.times) };
}

async function stagePlanned(
  db: Database,
  name: string,
  planned: PlannedFile,
  plan: Plan,
  options: DataOptions,
  before: Reading | undefined,
): Promise<StagedFile & { readonly description: string; readonly reading: Reading | undefined }> {
  const { encoding, quote, table: wantedTable, delimiter } = options;
  const file = await openSource(planned, { encoding, quote, table: wantedTable, folder: db.folder });
  refuseOtherFormat(file, plan.format);
  const wished = [...Object.values(plan.columns), ...wordsOf(options.where)].filter((wish) => wish !== undefined);
  const ofSplit = plan.parts.length > 1;
  const found: Found = plan.format
    ? { format: plan.format }
    : await formatOf(db, file, { ofSplit, delimiter, wished, before });
  const request = { file, header: plan.header, wished, quote, delimiter: delimiter ?? found.delimiter };
  const table = withKeys(await readers[found.format](db, request), file.keys);
  const staged = await stageFile(db, name, file, table, plan.columns, options);
  const used = Object.entries(staged.columns).map(([role, column]) => `${role} = ${column.name}`);
  if (staged.countsRows) used.push('weight = number of rows');
  const divided = found.format === 'csv' ? dividedBy(request.delimiter ?? file.delimiter) : '';
  const headless = table.named ? '' : ' without header';
  const { format } = found;
  return {
    ...staged,
    reading: isGuessed(format) && !plan.format ? { ...found, format } : undefined,
    description: `read ${basename(shownOf(planned))} as ${found.format}${divided}${headless}: ${staged.rows} rows, ${used.join(', ')}`,
  };
}

const NAMES: Readonly<Record<string, string>> = {
  ',': 'commas',
  '\t': 'tabs',
  tab: 'tabs',
  ';': 'semicolons',
  blank: 'blanks',
};

const dividedBy = (delimiter: string | undefined): string =>
  delimiter === undefined ? '' : ` divided by ${NAMES[delimiter] ?? delimiter}`;

const shownOf = ({ path, shown = path }: PlannedFile): string => shown;

const isGuessed = (format: Format): format is Reading['format'] =>
  format === 'csv' || format === 'jsonl' || format === 'lists' || format === 'user-lists';

/** Names such as `event.type` in a condition, which may lead into a structure. */
const wordsOf = (where: string | undefined): string[] => where?.match(/[A-Za-z_]\w*(?:\.\w+)+/g) ?? [];

/** Columns that the folders of the path stand for; a column of the file itself goes before. */
function withKeys(table: Table, keys: Readonly<Record<string, string>>): Table {
  const own = new Set(table.columns.map((c) => c.name));
  const more = Object.entries(keys).filter(([key]) => !own.has(key));
  return { ...table, columns: [...table.columns, ...more.map(([name, value]) => ({ name, sql: literal(value) }))] };
}

function expectSameRoles(first: string, a: ColumnMap, path: string, b: ColumnMap): void {
  const roles = (map: ColumnMap) => Object.keys(map).sort().join(', ');
  if (roles(a) === roles(b)) return;
  const problem = `has columns for ${roles(b)}, and ${first} for ${roles(a)}`;
  const hint =
    'Files that are read together need the same columns. Name them, or ignore one: --time none, --rating none.';
  fail('bad-data', { path, problem, hint });
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
  [/\.(?:tsv|tab|inter)$/, 'tsv'],
  [/\.(?:jsonl|ndjson|json)$/, 'jsonl'],
  [/\.(?:parquet|pq)$/, 'parquet'],
];

/** What the content or the name of a file says about its format, if anything. */
export const formatByName = ({ name, content }: SourceFile): Format | undefined =>
  content === 'text' ? SUFFIXES.find(([pattern]) => pattern.test(name))?.[1] : content;

interface Found {
  readonly format: Format;
  readonly delimiter?: string;
}

interface FormatRequest {
  readonly ofSplit: boolean;
  readonly delimiter: string | undefined;
  readonly wished: readonly string[];
  readonly before: Reading | undefined;
}

/** The format by file name; a text file with another suffix is looked into. */
async function formatOf(db: Database, file: SourceFile, o: FormatRequest): Promise<Found> {
  const known = formatByName(file);
  if (known !== undefined && known !== 'csv') return { format: known };
  if ((o.delimiter ?? file.delimiter) !== undefined) return { format: 'csv' };
  const lines = await firstLines(db, file, SAMPLE_LINES);
  return detectFormat({
    ...{ path: file.shown, lines, wished: o.wished, ofSplit: o.ofSplit, before: o.before },
    ...{ table: known === 'csv', listsByName: file.name === 'users.dat' },
    async usersRepeat() {
      const first = `regexp_extract(line, '^\\s*(\\S+)', 1)`;
      const [[repeat] = []] = await db.query(`SELECT count(DISTINCT ${first}) < count(*) FROM ${linesOf(file)}`, [
        pathValue(file),
      ]);
      return repeat === true;
    },
  });
}
