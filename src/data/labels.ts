/** Readable names of items. */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fail, RecdistillError } from '../errors.js';
import type { LabelSource } from './catalog.js';
import { badFile, type Database, firstLines, linesOf, pathValue, withDatabase } from './duckdb.js';
import type { SourceFile } from './files.js';
import { type LabelMatch, matchLabels, refuseStrangers } from './label-match.js';
import { contentOf } from './packing.js';
import { labelFile } from './plan.js';
import { readRows } from './readers/delimited.js';
import { type Opening, openSource } from './source-file.js';

/**
 * The names that a file has for `items`.
 * @param folder the folder that the file names of `source` start at
 * @param encoding as the data option
 * @returns undefined if a file of `source` is not there
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
  const opening = { encoding, folder: db.folder };
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

/** The encoding of labels has an option of its own. */
function ofLabels(cause: unknown): never {
  if (!(cause instanceof RecdistillError) || !cause.hint.includes('--encoding')) throw cause;
  return fail(cause.code, { ...cause.details, hint: cause.hint.replaceAll('--encoding', '--labels-encoding') }, cause);
}

/**
 * The names that the file `path` has for `items`, outside of any data set.
 * @param encoding as the data option
 * @throws RecdistillError `file-missing`, `bad-data` if it has none
 */
export async function readItemLabels(path: string, items: readonly string[], encoding = 'auto'): Promise<LabelMatch> {
  const match = await withDatabase((db) => readLabels(db, '', labelFile(path), items, encoding));
  if (!match) fail('file-missing', { path });
  refuseStrangers(match);
  return match;
}

/** Line k names item k, from 0; a blank line is a name that is missing. */
async function fromLines(path: string, opening: Opening): Promise<Map<string, string>> {
  const { path: text, compression, shown } = await openSource(path, { ...opening, quote: 'none', blankLines: true });
  const names = new Map<string, string>();
  let k = 0;
  const input = Readable.from(contentOf(text, compression, shown));
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    names.set(String(k++), line.replace(/^\uFEFF/, '').trim());
  }
  return names;
}

const joined = (fields: readonly string[]): string => fields.filter(Boolean).join(' · ');

/** Names by id, and how many ids come with several; the last one counts. */
async function fromColumns(
  db: Database,
  path: string,
  opening: Opening,
  name: LabelSource['name'] = joined,
): Promise<{ names: Map<string, string>; repeated: number }> {
  const opened = await openSource(path, opening);
  if (opened.content !== 'text') {
    const hint = 'Expected CSV or TSV with the id first and the name after it.';
    fail('bad-data', { path: opened.shown, problem: 'is not a text file; labels are read from text', hint });
  }
  const delimiter = opened.delimiter ?? (await labelDelimiter(db, opened));
  const rows = await rowsOf(db, opened, delimiter).catch((cause) => badFile(opened.shown, cause));
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
  // Files divided so know no quotes around fields: `4234::"Great Performances" Cats (1998)::Musical`.
  if (delimiter === '::' || delimiter === '|') {
    const lines = await db.query(`SELECT line FROM ${linesOf(file)}`, [pathValue(file)]);
    return lines.map(([line]) => String(line).split(delimiter));
  }
  // A header row names no item, so it does no harm as data.
  const request = {
    file: { ...file, ...(delimiter === undefined ? {} : { delimiter }) },
    header: 'no',
    wished: [],
  } as const;
  return (await readRows(db, request)).rows;
}

const DELIMITERS = ['\t', '::', '|', ';', ','] as const;

/**
 * What divides id and name: of the delimiters that all of the first lines have, the one that comes first. Names may have others in them,
 * as in `1::Toy Story, The (1995)::Animation|Comedy`.
 */
async function labelDelimiter(db: Database, file: SourceFile): Promise<string | undefined> {
  if (/\.(?:tsv|tab)$/.test(file.name)) return '\t';
  const lines = (await firstLines(db, file, 100)).filter((line) => line !== '');
  const common = DELIMITERS.filter((delimiter) => lines.every((line) => afterQuote(line).includes(delimiter)));
  const [first = ''] = lines;
  return common.sort((a, b) => afterQuote(first).indexOf(a) - afterQuote(first).indexOf(b))[0];
}

/** The line without an id in quotes at its start, which may have delimiters in it. */
const afterQuote = (line: string): string => line.replace(/^"(?:[^"]|"")*"/, '');
