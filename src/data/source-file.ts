/** A file on its way to DuckDB: is it there, is it whole, how is it packed and written, and has it to be copied to be read? */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fail } from '../errors.js';
import { type Chunks, copyTo, roomIn } from './copies.js';
import { kindByName, unpackedName } from './file-names.js';
import type { PlannedFile, SourceFile } from './files.js';
import { filesBelow } from './files-below.js';
import { refuseForeign } from './foreign.js';
import { checkZstd, contentOf, damaged, firstBytes, headOf, isPadded, type Packing, packingOf } from './packing.js';
import { isPassing, isStandardInput, passing, refuseSpecial } from './passing.js';
import { cleanText, encodingOf, inspectText, looksLikeText, toUtf8 } from './plain-text.js';
import { unzip } from './unzip.js';

/** How a file is opened. */
export interface Opening {
  /** As the data option `encoding`. Default: auto. */
  readonly encoding?: string;
  /** Whether double quotes enclose fields, in which line ends are none. Default: double. */
  readonly quote?: 'double' | 'none';
  /** Whether lines count also where they are blank: line k is something's own. Default: false. */
  readonly blankLines?: boolean;
  /** The table of a DuckDB database; other files have none. */
  readonly table?: string | undefined;
  /** A temporary folder that lasts as long as the file is read: `Database.folder`. Copies of the content go there. */
  readonly folder?: string;
}

/** What opening a file is about, in all of its steps. */
interface Step {
  readonly path: string;
  readonly shown: string;
  readonly name: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly opening: Opening;
  /** Packings taken off so far. */
  readonly depth: number;
}

/** An archive in an archive in an archive is a mistake or a trap. */
const MOST_PACKINGS = 3;

/**
 * Checks that a data file can be read as a whole, and makes of it what DuckDB can read: what is packed by bzip2 or zip, text in another
 * encoding than UTF-8, text with mixed line ends or blank lines around the data, and what comes through a pipe is copied to the temporary
 * folder first.
 * @throws RecdistillError `file-missing`, `bad-option` for an unknown encoding, `write-failed` without room for a copy, or `bad-data` for an
 * empty, cut or damaged file, one of another encoding, or one that recdistill does not read
 */
export async function openSource(file: PlannedFile | string, opening: Opening = {}): Promise<SourceFile> {
  const { path, keys, shown = path }: PlannedFile = typeof file === 'string' ? { path: file, keys: {} } : file;
  const step = { shown: isStandardInput(path) ? 'standard input' : shown, keys, opening, depth: 0 };
  if (await isPassing(path)) {
    const copy = join(await roomIn(opening.folder), 'input');
    await copyTo(copy, passing(path), step.shown);
    return openFile({ ...step, path: copy, name: isStandardInput(path) ? 'input' : unpackedName(basename(path)) });
  }
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) fail('file-missing', { path: shown });
  refuseSpecial(shown, found);
  await access(absolute, constants.R_OK).catch((cause) =>
    fail('bad-data', { path: shown, problem: 'may not be read', hint: 'Check the permissions of the file.' }, cause),
  );
  return openFile({ ...step, path: absolute, name: basename(shown).toLowerCase() });
}

/** @throws RecdistillError `bad-data` if the user named a format that the content is not */
export function refuseOtherFormat({ shown, content }: SourceFile, format: string | undefined): void {
  if (format === undefined || content === 'text' || content === format) return;
  const what = { parquet: 'a Parquet file', duckdb: 'a DuckDB database' }[content];
  fail('bad-data', {
    path: shown,
    problem: `is ${what}, and the format is said to be ${format}`,
    hint: 'Leave --format out.',
  });
}

async function openFile(step: Step): Promise<SourceFile> {
  const { path, shown } = step;
  const head = await firstBytes(path);
  if (head.length === 0)
    fail('bad-data', { path: shown, problem: 'the file is empty', hint: 'Expected rows of user and item.' });
  refuseForeign(shown, head);
  const packing = packingOf(head);
  if (packing === 'uncompressed') {
    await refuseMisnamed(step, head);
    return openContent(step, packing, head);
  }
  if (step.depth >= MOST_PACKINGS) {
    const hint = 'Unpack it and name the file.';
    fail('bad-data', { path: shown, problem: `is packed more than ${MOST_PACKINGS} times`, hint });
  }
  if (packing === 'zip') return openZip(step);
  const inner = await headOf(contentOf(path, packing, shown));
  if (inner.length === 0)
    fail('bad-data', { path: shown, problem: 'the file is empty', hint: 'Expected rows of user and item.' });
  refuseForeign(shown, inner);
  return openContent(step, packing, inner);
}

/** A file that is named after an archive and is none is plain text or damaged. */
async function refuseMisnamed({ path, shown, name, opening }: Step, head: Buffer): Promise<void> {
  const suffix = /\.(gz|zst|zstd|bz2|zip)$/.exec(name)?.[1];
  if (suffix === undefined || looksLikeText(head, opening.encoding ?? 'auto')) return;
  if (suffix.startsWith('zst')) await checkZstd(path, shown);
  const format = { gz: 'gzip', bz2: 'bzip2', zip: 'zip' }[suffix] ?? 'Zstandard';
  damaged(shown, format, 'incorrect header');
}

/** @param head the first bytes of the unpacked content */
async function openContent(step: Step, packing: Exclude<Packing, 'zip'>, head: Buffer): Promise<SourceFile> {
  const { path, shown, keys, opening } = step;
  const name = unpackedName(step.name);
  const content = contentBy(head);
  const isPacked = packing !== 'uncompressed';
  if (isPacked && (packing === 'bzip2' || content !== 'text' || packingOf(head) !== 'uncompressed')) {
    const copy = join(await roomIn(opening.folder), 'content');
    await copyTo(copy, contentOf(path, packing, shown), shown);
    return openFile({ ...step, path: copy, name, depth: step.depth + 1 });
  }
  if (opening.table !== undefined && content !== 'duckdb') {
    const hint = 'Leave --table out, or name a DuckDB database file.';
    fail('usage', { problem: `${shown} is no DuckDB database and has no tables`, hint });
  }
  const file: SourceFile = { path, shown, name, keys, compression: isPacked ? packing : 'uncompressed', content };
  // What is named Parquet and has another start is refused by the reader of that format.
  if (content === 'duckdb' && opening.table !== undefined) return { ...file, table: opening.table };
  if (content !== 'text' || kindByName(name) === 'parquet') return file;
  return openText(file, head, opening);
}

const contentBy = (head: Buffer): SourceFile['content'] => {
  if (head.toString('latin1', 0, 4) === 'PAR1') return 'parquet';
  return head.toString('latin1', 8, 12) === 'DUCK' ? 'duckdb' : 'text';
};

async function openText(file: SourceFile, head: Buffer, opening: Opening): Promise<SourceFile> {
  const { path, shown, name, compression } = file;
  const read = () => contentOf(path, compression, shown);
  const encoding = encodingOf(head, opening.encoding ?? 'auto', shown);
  if (encoding !== 'utf-8') {
    const copy = await copied(toUtf8(read(), encoding, shown), shown, opening);
    return openText({ ...file, path: copy, compression: 'uncompressed' }, await firstBytes(copy), {
      ...opening,
      encoding: 'utf-8',
    });
  }
  // A quote in JSON is no field, and \" does not close it.
  const quotes = opening.quote !== 'none' && kindByName(name) !== 'jsonl' && !/^\s*[[{]/.test(head.toString('latin1'));
  const findings = await inspectText(read, head, { quotes, blankLines: opening.blankLines ?? false }, shown);
  const { mixedLineEnds, skip, cut, delimiter } = findings;
  const isClean = !mixedLineEnds && skip === 0 && cut === undefined;
  if (isClean && !(compression === 'gzip' && (await isPadded(path)))) return file;
  const copy = await copied(cleanText(read(), findings, quotes), shown, opening);
  return { ...file, path: copy, compression: 'uncompressed', ...(delimiter === undefined ? {} : { delimiter }) };
}

async function copied(chunks: Chunks, shown: string, { folder }: Opening): Promise<string> {
  const path = join(await roomIn(folder), 'text');
  await copyTo(path, chunks, shown);
  return path;
}

/** A zip with one file of data stands for that file. */
async function openZip(step: Step): Promise<SourceFile> {
  const { path, shown, opening, depth } = step;
  const folder = await unzip(path, shown, opening.folder);
  const files = (await filesBelow(folder)).map((name) => join(folder, name));
  const data = files.length === 1 ? files : files.filter((file) => kindByName(basename(file)) !== undefined);
  if (data.length !== 1) {
    const found = files.map((file) => relative(folder, file)).join(', ') || 'nothing';
    const hint = 'Name the archive alone, as the whole data set, or unpack it and name the file.';
    fail('bad-data', { path: shown, problem: `is an archive with several files or none of data: ${found}`, hint });
  }
  const name = relative(folder, data[0]!);
  return openFile({
    ...step,
    path: data[0]!,
    shown: `${shown}/${name}`,
    name: basename(name).toLowerCase(),
    depth: depth + 1,
  });
}
