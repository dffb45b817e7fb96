/** A file as it lies on the disk: is it there, is it whole, how is it compressed, of which format is it? */
import { constants, createReadStream } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fail } from '../errors.js';
import type { PlannedFile } from './plan.js';

export interface SourceFile {
  /** What DuckDB opens, absolute: the file itself, or a copy of its content in the folder of the load. */
  readonly path: string;
  /** What messages name: the path as the user knows it, with the member of an archive behind it. */
  readonly shown: string;
  /** The file name without folder and compression suffix, in lower case. */
  readonly name: string;
  /** Of the file at `path`. */
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
  /** What the first bytes say, whatever the name; everything else counts as text. */
  readonly content: 'text' | 'parquet' | 'duckdb';
  /** Columns that the folders of the path stand for (`country=DE/`), the same in every row of the file; '' where missing. */
  readonly keys: Readonly<Record<string, string>>;
  /** What divides the fields, where the file says so itself (`sep=;`, as Excel writes it). */
  readonly delimiter?: string;
}

/** How a file is opened. */
export interface Opening {
  /** As the data option `encoding`. Default: auto. */
  readonly encoding?: string;
  /** A temporary folder that lasts as long as the file is read: `Database.folder`. Copies of the content go there. */
  readonly folder?: string;
}

/**
 * Checks that a data file can be read as a whole.
 * @throws RecdistillError `file-missing`, or `bad-data` for an empty, cut or damaged file
 */
export async function openSource(file: PlannedFile | string, _opening: Opening = {}): Promise<SourceFile> {
  const { path, keys, shown = path }: PlannedFile = typeof file === 'string' ? { path: file, keys: {} } : file;
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) fail('file-missing', { path });
  if (!found.isFile()) {
    fail('bad-data', { path, problem: 'is a folder; expected a file', hint: 'Name a file inside of it.' });
  }
  await access(absolute, constants.R_OK).catch((cause) =>
    fail('bad-data', { path, problem: 'may not be read', hint: 'Check the permissions of the file.' }, cause),
  );
  if (found.size === 0)
    fail('bad-data', { path, problem: 'the file is empty', hint: 'Expected rows of user and item.' });
  const name = basename(absolute).toLowerCase();
  const rest = { path: absolute, shown, keys, content: 'text' as const };
  // DuckDB ends silently at the last whole block of a cut archive, so archives are checked first.
  if (name.endsWith('.gz')) {
    await checkGzip(absolute, path);
    return { ...rest, compression: 'gzip', name: name.slice(0, -3) };
  }
  if (/\.zstd?$/.test(name)) {
    await checkZstd(absolute, path);
    return { ...rest, compression: 'zstd', name: name.replace(/\.zstd?$/, '') };
  }
  return { ...rest, compression: 'uncompressed', name };
}

const damaged = (path: string, format: string, problem: string, cause?: unknown): never =>
  fail(
    'bad-data',
    { path, problem: `is not a whole ${format} file: ${problem}`, hint: 'Fetch or compress it again.' },
    cause,
  );

async function checkGzip(path: string, shown: string): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path), createGunzip(), nowhere).catch((cause: Error) =>
    damaged(shown, 'gzip', cause.message, cause),
  );
}

const ZSTD_FRAME = 0xfd2fb528;

/**
 * Walks over the frames and blocks of a Zstandard file (RFC 8878) without decompressing: each block tells its length, and
 * the last block of a frame says so.
 */
async function checkZstd(path: string, shown: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(5);
    let at = 0;
    const read = async (bytes: number): Promise<Buffer> => {
      const { bytesRead } = await file.read(head, 0, bytes, at);
      if (bytesRead < bytes) damaged(shown, 'Zstandard', `it ends within a frame, after ${size} bytes`);
      at += bytes;
      return head;
    };
    while (at < size) {
      const magic = (await read(4)).readUInt32LE(0);
      if (magic >>> 4 === 0x184d2a5) {
        at += (await read(4)).readUInt32LE(0);
      } else if (magic === ZSTD_FRAME) {
        const descriptor = (await read(1))[0]!;
        at += frameHeaderSize(descriptor);
        for (let last = false; !last; ) {
          const block = (await read(3)).readUIntLE(0, 3);
          last = (block & 1) === 1;
          at += ((block >>> 1) & 3) === 1 ? 1 : block >>> 3;
        }
        if ((descriptor & 4) !== 0) at += 4;
      } else damaged(shown, 'Zstandard', `no frame starts at byte ${at - 4}`);
    }
    if (at > size) damaged(shown, 'Zstandard', `it ends within a frame, after ${size} bytes`);
  } finally {
    await file.close();
  }
}

/** Bytes of a frame header after its descriptor: window, dictionary id and content size. */
function frameHeaderSize(descriptor: number): number {
  const single = (descriptor & 0x20) !== 0;
  const contentFlag = descriptor >>> 6;
  const content = contentFlag === 0 ? Number(single) : 1 << contentFlag;
  return Number(!single) + [0, 1, 2, 4][descriptor & 3]! + content;
}
