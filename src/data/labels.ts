/** Readable names of items. */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fail, RecdistillError } from '../errors.js';
import type { LabelSource } from './catalog.js';
import { contentOf } from './compression.js';
import { type Database, firstLines, linesOf, withDatabase } from './duckdb.js';
import type { SourceFile } from './files.js';
import { type LabelMatch, matchLabels, refuseUnmatched } from './label-match.js';
import { refuseLargeNames } from './memory-check.js';
import { labelFile } from './plan.js';
import { readRows } from './readers/delimited.js';
import { type Opening, openSource } from './source-file.js';
import { limitedLines, MAX_NAMES_BYTES } from './text-limits.js';

/**
 * Reads the names of `items` from a label source.
 * @param folder folder that the file names of `source` are relative to
 * @param encoding as the data option `encoding`
 * @returns undefined if a file of `source` does not exist
 */
export async function readLabels(
  db: Database,
  folder: string,
  source: LabelSource,
  items: readonly string[],
  encoding = 'auto',
): Promise<LabelMatch | undefined> {
  const file = resolve(folder, source.file);
  const through = source.through === undefined ? undefined : resolve(folder, source.through);
  if (!existsSync(file) || (through !== undefined && !existsSync(through))) return undefined;
  await refuseLargeNames(file);
  const opening = { encoding, folder: db.folder, most: MAX_NAMES_BYTES };
  const { read, outer } = await namesFrom().catch(ofLabels);
  return matchLabels(basename(file), items, read.names, {
    header: source.style === 'columns',
    repeated: read.repeated,
    ...(outer ? { idOf: (item: string) => outer.get(item) ?? '' } : {}),
  });

  async function namesFrom() {
    const read =
      source.style === 'lines'
        ? { names: await fromLines(file, opening), repeated: 0 }
        : await fromColumns(db, file, opening, source.name);
    const outer =
      through === undefined ? undefined : (await fromColumns(db, through, opening, ([id = '']) => id)).names;
    return { read, outer };
  }
}

/** Labels have an encoding option of their own, which the error must name. */
function ofLabels(cause: unknown): never {
  if (!(cause instanceof RecdistillError) || !cause.hint.includes('--encoding')) throw cause;
  return fail(cause.code, { ...cause.details, hint: cause.hint.replaceAll('--encoding', '--labels-encoding') }, cause);
}

/**
 * Reads the names of `items` from a file, independent of any data set.
 * @param encoding as the data option `encoding`
 * @throws RecdistillError `file-missing`, `bad-data` if no item has a name
 */
export async function readItemLabels(path: string, items: readonly string[], encoding = 'auto'): Promise<LabelMatch> {
  const match = await withDatabase((db) => readLabels(db, '', labelFile(path), items, encoding));
  if (!match) fail('file-missing', { path });
  refuseUnmatched(match);
  return match;
}

/** Line k is the name of item k, from 0. A blank line means no name. */
async function fromLines(path: string, opening: Opening): Promise<Map<string, string>> {
  const { path: text, compression, shown } = await openSource(path, { ...opening, quote: 'none', blankLines: true });
  const names = new Map<string, string>();
  let k = 0;
  const input = Readable.from(limitedLines(contentOf(text, compression, shown), shown));
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    names.set(String(k++), line.replace(/^\uFEFF/, '').trim());
  }
  return names;
}

const joined = (fields: readonly string[]): string => fields.filter(Boolean).join(' · ');

/** Names by id, and the number of ids with several names. The last name counts. */
async function fromColumns(
  db: Database,
  path: string,
  opening: Opening,
  name: LabelSource['name'] = joined,
): Promise<{ names: Map<string, string>; repeated: number }> {
  const opened = await openSource(path, opening);
  if (opened.content !== 'text') {
    const hint = 'Expected CSV or TSV with the id first, followed by the name.';
    fail('bad-data', { path: opened.shown, problem: 'is not a text file; labels are read from text only', hint });
  }
  const delimiter = opened.delimiter ?? (await labelDelimiter(db, opened));
  const rows = await rowsOf(db, opened, delimiter);
  const names = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [id = '', ...fields] of rows) {
    const own = name(fields);
    if ((names.get(id) ?? own) !== own) repeated.add(id);
    names.set(id, own);
  }
  return { names, repeated: repeated.size };
}

async function rowsOf(db: Database, file: SourceFile, delimiter: string | undefined): Promise<string[][]> {
  // Files with these delimiters do not quote fields: `4234::"Great Performances" Cats (1998)::Musical`.
  if (delimiter === '::' || delimiter === '|') {
    const lines = await db.read(file, `SELECT line FROM ${linesOf(file)}`);
    return lines.map(([line]) => String(line).split(delimiter));
  }
  // A header row matches no item, so reading it as data does no harm.
  const request = {
    file: { ...file, ...(delimiter === undefined ? {} : { delimiter }) },
    header: 'no',
    givenNames: [],
  } as const;
  return (await readRows(db, request)).rows;
}

const DELIMITERS = ['\t', '::', '|', ';', ','] as const;

/**
 * The delimiter between id and name: of the delimiters that occur in all of the first lines, the one that occurs first.
 * Names may contain other delimiters, as in `1::Toy Story, The (1995)::Animation|Comedy`.
 */
async function labelDelimiter(db: Database, file: SourceFile): Promise<string | undefined> {
  if (/\.(?:tsv|tab)$/.test(file.name)) return '\t';
  const lines = (await firstLines(db, file, 100)).filter((line) => line !== '');
  const common = DELIMITERS.filter((delimiter) => lines.every((line) => afterQuote(line).includes(delimiter)));
  const [first = ''] = lines;
  return common.sort((a, b) => afterQuote(first).indexOf(a) - afterQuote(first).indexOf(b))[0];
}

/** The line after a quoted id, which may contain delimiters. */
const afterQuote = (line: string): string => line.replace(/^"(?:[^"]|"")*"/, '');
