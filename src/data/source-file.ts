/** Opens a source file for DuckDB: checks that it exists and is complete, and copies it if DuckDB cannot read it in place. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fail } from '../errors.js';
import {
  type Compression,
  checkZstd,
  compressionOf,
  contentOf,
  damaged,
  firstBytes,
  headOf,
  isPadded,
} from './compression.js';
import { type Chunks, copyTo, newCopyFolder } from './copies.js';
import { kindByName, unpackedName } from './file-names.js';
import type { PlannedFile, SourceFile } from './files.js';
import { filesBelow } from './files-below.js';
import { cleanText, encodingOf, inspectText, looksLikeText, toUtf8 } from './plain-text.js';
import { isStandardInput, isStream, refuseSpecial, streamInput } from './stream-input.js';
import { limitedBytes } from './text-limits.js';
import { refuseForeign } from './unsupported-formats.js';
import { unzip } from './unzip.js';

/** How to open a file. */
export interface Opening {
  /** The data option `encoding`. Default: auto. */
  readonly encoding?: string;
  /** Whether double quotes enclose fields. Line ends within them do not end a line. Default: double. */
  readonly quote?: 'double' | 'none';
  /** Whether blank lines count, because line k belongs to user or item k. Default: false. */
  readonly blankLines?: boolean;
  /** Most bytes of its text, decompressed, for a file that is read whole into memory. */
  readonly most?: number;
  /** The table of a DuckDB database. Other files have none. */
  readonly table?: string | undefined;
  /** A temporary folder for copies that exists as long as the file is read: `Database.folder`. */
  readonly folder?: string;
}

/** The state of opening a file. */
interface Step {
  readonly path: string;
  readonly shown: string;
  readonly name: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly opening: Opening;
  /** Number of compression layers removed so far. */
  readonly depth: number;
}

/** More nested layers of compression than this are a mistake or an attack. */
const MAX_LAYERS = 3;

/**
 * Checks that a data file is complete and readable by DuckDB. The following is copied to the temporary folder first:
 * bzip2 and zip, text in another encoding than UTF-8, text with mixed line ends or blank lines around the data, pipes.
 * @throws RecdistillError `file-missing`, `bad-option` for an unknown encoding, `write-failed` without space for a copy,
 * or `bad-data` for an empty, truncated or damaged file, one of another encoding, or one of an unsupported format
 */
export async function openSource(file: PlannedFile | string, opening: Opening = {}): Promise<SourceFile> {
  const { path, keys, shown = path }: PlannedFile = typeof file === 'string' ? { path: file, keys: {} } : file;
  const step = { shown: isStandardInput(path) ? 'standard input' : shown, keys, opening, depth: 0 };
  if (await isStream(path)) {
    const copy = join(await newCopyFolder(opening.folder), 'input');
    await copyTo(copy, streamInput(path), step.shown);
    return openFile({ ...step, path: copy, name: isStandardInput(path) ? 'input' : unpackedName(basename(path)) });
  }
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) fail('file-missing', { path: shown });
  refuseSpecial(shown, found);
  await access(absolute, constants.R_OK).catch((cause) =>
    fail('bad-data', { path: shown, problem: 'permission denied', hint: 'Check the permissions of the file.' }, cause),
  );
  return openFile({ ...step, path: absolute, name: basename(shown).toLowerCase() });
}

/** @throws RecdistillError `bad-data` if the content is not of the given format */
export function refuseOtherFormat({ shown, content }: SourceFile, format: string | undefined): void {
  if (format === undefined || content === 'text' || content === format) return;
  const what = { parquet: 'a Parquet file', duckdb: 'a DuckDB database' }[content];
  fail('bad-data', {
    path: shown,
    problem: `is ${what}, but --format is ${format}`,
    hint: 'Remove --format.',
  });
}

async function openFile(step: Step): Promise<SourceFile> {
  const { path, shown } = step;
  const head = await firstBytes(path);
  if (head.length === 0)
    fail('bad-data', { path: shown, problem: 'the file is empty', hint: 'Expected rows of user and item.' });
  refuseForeign(shown, head);
  const packing = compressionOf(head);
  if (packing === 'uncompressed') {
    await refuseMisnamed(step, head);
    return openContent(step, packing, head);
  }
  if (step.depth >= MAX_LAYERS) {
    const hint = 'Unpack it and name the file.';
    fail('bad-data', { path: shown, problem: `is compressed more than ${MAX_LAYERS} times`, hint });
  }
  if (packing === 'zip') return openZip(step);
  const inner = await headOf(contentOf(path, packing, shown));
  if (inner.length === 0)
    fail('bad-data', { path: shown, problem: 'the file is empty', hint: 'Expected rows of user and item.' });
  refuseForeign(shown, inner);
  return openContent(step, packing, inner);
}

/** A file with a compression suffix that is not compressed is plain text or damaged. */
async function refuseMisnamed({ path, shown, name, opening }: Step, head: Buffer): Promise<void> {
  const suffix = /\.(gz|zst|zstd|bz2|zip)$/.exec(name)?.[1];
  if (suffix === undefined || looksLikeText(head, opening.encoding ?? 'auto')) return;
  if (suffix.startsWith('zst')) await checkZstd(path, shown);
  const format = { gz: 'gzip', bz2: 'bzip2', zip: 'zip' }[suffix] ?? 'Zstandard';
  damaged(shown, format, 'incorrect header');
}

/** @param head the first bytes of the decompressed content */
async function openContent(step: Step, packing: Exclude<Compression, 'zip'>, head: Buffer): Promise<SourceFile> {
  const { path, shown, keys, opening } = step;
  const name = unpackedName(step.name);
  const content = contentBy(head);
  const isPacked = packing !== 'uncompressed';
  if (isPacked && (packing === 'bzip2' || content !== 'text' || compressionOf(head) !== 'uncompressed')) {
    const copy = join(await newCopyFolder(opening.folder), 'content');
    await copyTo(copy, contentOf(path, packing, shown), shown);
    return openFile({ ...step, path: copy, name, depth: step.depth + 1 });
  }
  if (opening.table !== undefined && content !== 'duckdb') {
    const hint = 'Remove --table, or give a DuckDB database file.';
    fail('usage', { problem: `${shown} is not a DuckDB database and has no tables`, hint });
  }
  const file: SourceFile = { path, shown, name, keys, compression: isPacked ? packing : 'uncompressed', content };
  // A file named .parquet with another content is rejected by the Parquet reader.
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
  const { most } = opening;
  const read = () => {
    const content = contentOf(path, compression, shown);
    return most === undefined ? content : limitedBytes(content, most, shown);
  };
  const encoding = encodingOf(head, opening.encoding ?? 'auto', shown);
  if (encoding !== 'utf-8') {
    const copy = await copied(toUtf8(read(), encoding, shown), shown, opening);
    return openText({ ...file, path: copy, compression: 'uncompressed' }, await firstBytes(copy), {
      ...opening,
      encoding: 'utf-8',
    });
  }
  // JSON has no quoted fields in this sense: \" does not close a string.
  const quotes = opening.quote !== 'none' && kindByName(name) !== 'jsonl' && !/^\s*[[{]/.test(head.toString('latin1'));
  const findings = await inspectText(read, head, { quotes, blankLines: opening.blankLines ?? false }, shown);
  const { mixedLineEnds, skip, cut, delimiter } = findings;
  const isClean = !mixedLineEnds && skip === 0 && cut === undefined;
  if (isClean && !(compression === 'gzip' && (await isPadded(path)))) return file;
  const copy = await copied(cleanText(read(), findings, quotes), shown, opening);
  return { ...file, path: copy, compression: 'uncompressed', ...(delimiter === undefined ? {} : { delimiter }) };
}

async function copied(chunks: Chunks, shown: string, { folder }: Opening): Promise<string> {
  const path = join(await newCopyFolder(folder), 'text');
  await copyTo(path, chunks, shown);
  return path;
}

/** A zip archive with one data file is treated as that file. */
async function openZip(step: Step): Promise<SourceFile> {
  const { path, shown, opening, depth } = step;
  const folder = await unzip(path, shown, opening.folder);
  const files = (await filesBelow(folder)).map((name) => join(folder, name));
  const data = files.length === 1 ? files : files.filter((file) => kindByName(basename(file)) !== undefined);
  if (data.length !== 1) {
    const found = files.map((file) => relative(folder, file)).join(', ') || 'nothing';
    const hint = 'Give the archive alone, as the whole data set, or unpack it and give the file.';
    fail('bad-data', { path: shown, problem: `is an archive without exactly one data file: ${found}`, hint });
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
