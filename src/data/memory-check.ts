/** Refuses data that does not fit into memory: by the size of the files before they are read, and by the exact counts before rows leave DuckDB. */
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail } from '../errors.js';
import { type DataSize, dataMemory, readingParts, refuseBeyond } from '../memory/index.js';
import type { Plan } from './_plan.js';
import { compressionOf } from './compression.js';
import { spaceFor } from './copies.js';
import { refuseCount } from './ids.js';
import type { DataOptions } from './options.js';

/** Bytes at the start of a text file from which the length of its lines is taken. */
const SAMPLE = 65_536;
/** Fewer lines than this say too little about the others. */
const LEAST_LINES = 20;
/** Lines later in the file may be longer than the first ones. */
const SURELY = 0.7;

const HINT =
  'Nothing was loaded. Select rows with --where, take a sample of the file, or use a machine with more memory.';

/**
 * Estimates the rows of text files from their sizes. Other files are not counted here: their rows are known once they are staged.
 * @param folder for temporary files
 * @throws RecdistillError `out-of-memory`, `write-failed` if the folder has too little space
 */
export async function refuseLargeFiles(
  { name, parts }: Plan,
  { where }: Pick<DataOptions, 'where'>,
  folder: string,
): Promise<void> {
  if (where !== undefined) return;
  let rows = 0;
  for (const { path } of parts.flat()) rows += await linesIn(path);
  refuseCount(name, 'rows', Math.round(rows * SURELY));
  refuseRows(name, { users: 0, items: 0, rows: rows * SURELY });
  await refuseLittleSpace(name, rows * SURELY, folder);
}

/** Bytes of a row in temporary files, and rows that DuckDB keeps in memory: 3.9 GB at most for 100,000,000 rows of numbers. */
const [SPILLED_ROW, IN_MEMORY] = [36, 5e6];

async function refuseLittleSpace(name: string, rows: number, folder: string): Promise<void> {
  const needed = Math.max(0, rows - IN_MEMORY) * SPILLED_ROW;
  if (needed === 0) return;
  const space = await spaceFor(folder);
  if (needed <= space) return;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  fail('write-failed', {
    path: folder,
    problem: `${name} with about ${Math.round(rows)} rows needs ${megabytes(needed)} for temporary files, but only ${megabytes(space)} are available there`,
    hint: 'Free space there, or set TMPDIR to a folder with more.',
  });
}

/** Estimates the names of a text file from its size. @throws RecdistillError `out-of-memory` */
export async function refuseLargeNames(path: string): Promise<void> {
  const count = (await linesIn(path)) * SURELY;
  if (count === 0) return;
  const characters = (await stat(path)).size * SURELY;
  const memory = dataMemory({ users: 0, items: 0, rows: 0, names: { count, characters } }, 'files');
  refuseBeyond(readingParts(memory), `${basename(path)} with about ${Math.round(count)} names`, HINT);
}

/** @throws RecdistillError `out-of-memory` */
export function refuseRows(name: string, size: Pick<DataSize, 'users' | 'items' | 'rows' | 'values'>) {
  refuseBeyond(readingParts(dataMemory(size, 'files')), `${name} with about ${Math.round(size.rows)} rows`, HINT);
}

/** Estimated lines of a plain text file; 0 for anything else. */
async function linesIn(path: string): Promise<number> {
  // Opening a pipe would wait for a writer.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size < SAMPLE) return 0;
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return 0;
  try {
    const { buffer } = await file.read(Buffer.alloc(SAMPLE), 0, SAMPLE, 0);
    if (compressionOf(buffer) !== 'uncompressed' || buffer.includes(0)) return 0;
    let lines = 0;
    for (const byte of buffer) if (byte === 10) lines += 1;
    return lines < LEAST_LINES ? 0 : (found.size / SAMPLE) * lines;
  } finally {
    await file.close();
  }
}
