/** The format of a file: by its content type, by its name, or by inspecting its first lines. */
import { detectFormat, type Reading, SAMPLE_LINES } from './detect-format.js';
import { type Database, firstLines, linesOf } from './duckdb.js';
import type { SourceFile } from './files.js';
import { type Format, readerRegistry } from './readers/index.js';

const SUFFIXES: readonly (readonly [RegExp, Format])[] = [
  [/\.csv$/, 'csv'],
  [/\.(?:tsv|tab|inter)$/, 'tsv'],
  [/\.(?:jsonl|ndjson|json)$/, 'jsonl'],
  [/\.(?:parquet|pq)$/, 'parquet'],
];

/** The format by content type or file name, if they determine it. */
export function formatByName({ name, content }: SourceFile): string | undefined {
  if (content !== 'text') return content;
  const own = readerRegistry.added().find(({ suffixes = [] }) => suffixes.some((s) => name.endsWith(s.toLowerCase())));
  return own?.name ?? SUFFIXES.find(([pattern]) => pattern.test(name))?.[1];
}

export interface Found {
  readonly format: string;
  readonly delimiter?: string;
}

interface FormatRequest {
  readonly ofSplit: boolean;
  readonly delimiter: string | undefined;
  readonly givenNames: readonly string[];
  readonly before: Reading | undefined;
}

/** The format by file name. Text files with another suffix are inspected. */
export async function formatOf(db: Database, file: SourceFile, o: FormatRequest): Promise<Found> {
  const known = formatByName(file);
  if (known !== undefined && known !== 'csv') return { format: known };
  if ((o.delimiter ?? file.delimiter) !== undefined) return { format: 'csv' };
  const lines = await firstLines(db, file, SAMPLE_LINES);
  return detectFormat({
    ...{ path: file.shown, lines, givenNames: o.givenNames, ofSplit: o.ofSplit, before: o.before },
    ...{ table: known === 'csv', listsByName: file.name === 'users.dat' },
    async usersRepeat() {
      const first = `regexp_extract(line, '^\\s*(\\S+)', 1)`;
      const [[repeat] = []] = await db.read(file, `SELECT count(DISTINCT ${first}) < count(*) FROM ${linesOf(file)}`);
      return repeat === true;
    },
  });
}
