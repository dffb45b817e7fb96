/**
 * How much memory a command takes at most, as a sum of named parts. The constants were measured as peak resident memory (VmHWM) on Linux
 * with Node 20, by `npm run campaign -- memory`, which compares the estimates with the peaks again.
 */

/** A part of the memory of a process. */
export interface MemoryPart {
  readonly name: string;
  readonly bytes: number;
}

/** Sum of the parts in bytes. */
export const totalOf = (parts: readonly MemoryPart[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

/** Node.js with all modules of the program: measured 124 to 126 MB for a dry run on 500 interactions, with some working memory. */
const PROGRAM = 120e6;
/** A thread besides the first: (615 - 123) MB / 63 at 64 threads, (182 - 125) MB / 7 at 8 threads. */
const THREAD = 8.5e6;

/** Compiled code and objects that are not freed yet: the growth of a run on 500 interactions, (152 - 126) MB, and up to 6 MB more. */
export const WORKING = 32e6;

/** What every command takes before it reads data. @param threads of the kernels, with the calling thread */
export const programParts = (threads: number): readonly MemoryPart[] => [
  { name: 'Node.js and recdistill', bytes: PROGRAM },
  ...(threads > 1 ? [{ name: `${threads - 1} more threads`, bytes: (threads - 1) * THREAD }] : []),
];

/** Bytes that kernels may use if the whole process may use `limit`. */
export const kernelShare = (limit: number, threads: number): number =>
  Math.max(1e6, limit - totalOf(programParts(threads)));

export interface DataSize {
  readonly users: number;
  readonly items: number;
  /** Rows as read, in all parts together. */
  readonly rows: number;
  /** Further values of each row: a time, a weight. Default: 0. */
  readonly values?: number;
  /** The file of item names, if one is read. */
  readonly names?: { readonly count: number; readonly characters: number };
}

/** An interaction in its part, and what is made of it: 728 MB after reading 100,000,000 rows of a file, less ids. */
const ROW = 5;
/** More for a time or a weight. */
const VALUE = 8;
/** More while rows in memory are merged, filtered and split. */
const READ_ROW = 32;
/** More while merged rows are split, those of a file or synthetic ones: their parts, and those that are not in train twice. */
const [SPLIT_ROW, SPLIT_VALUE] = [3, 4];
/** A user, with the number of its id, and an item, with its name, too: (153 - 133) MB for 72,000 more items. */
const [USER, ITEM] = [200, 300];
/** More for an id while data is read: 1,220 MB at most for 100,000,000 rows of 1,200,000 users and items, less the other parts. */
const READ_ID = 60;
/** A name while a file of names is read: (1,000 - 755) MB for 1,000,000 names of one character, and (1,226 - 1,000) MB for 48 more in each. */
const [READ_NAME, READ_CHARACTER] = [260, 5];
/** DuckDB with its code and buffers: (198 - 133) MB for the same 200,000 rows from a CSV file. It is not freed after reading. */
const DUCKDB = 68e6;
/** A row in a table of DuckDB, until it is an index: (543 - 376) MB for 5,000,000 more rows, less the above. DuckDB moves more than 512 MB to files. */
const [STAGED_ROW, STAGED_VALUE] = [23, 9];
const MOST_STAGED = 512e6;
/** Buffers of the reader for a row, and at most: 241 MB for 1,000,000 rows, less the above. */
const [READER_ROW, MOST_READER] = [48, 24e6];

/** What a data set takes. */
export interface DataMemory {
  /** As long as it is used. */
  readonly held: readonly MemoryPart[];
  /** Bytes beyond that while it is read. A run can use them again. */
  readonly reading: number;
}

const namesBytes = ({ count, characters }: NonNullable<DataSize['names']>): number =>
  count * READ_NAME + characters * READ_CHARACTER;

/** @param from where the rows come from. Synthetic rows are made merged */
export function dataMemory(
  { users, items, rows, values = 0, names }: DataSize,
  from: 'files' | 'memory' | 'synthetic' = 'memory',
): DataMemory {
  const data = { name: 'data', bytes: rows * (ROW + values * VALUE) + users * USER + items * ITEM };
  if (from === 'memory') return { held: [data], reading: rows * READ_ROW };
  const split = rows * (SPLIT_ROW + values * SPLIT_VALUE);
  if (from === 'synthetic') return { held: [data], reading: split };
  const buffers = Math.min(MOST_READER, rows * READER_ROW);
  const staged = buffers + Math.min(MOST_STAGED, rows * (STAGED_ROW + values * STAGED_VALUE));
  // DuckDB is closed before the rows are split.
  const reading = Math.max(staged, split) + (users + items) * READ_ID + (names ? namesBytes(names) : 0);
  return { held: [data, { name: 'DuckDB, which reads files', bytes: DUCKDB }], reading };
}

/** What a process takes that reads this data, before it uses it. */
export const readingParts = ({ held, reading }: DataMemory): readonly MemoryPart[] => [
  ...programParts(1),
  ...held,
  { name: 'reading', bytes: reading },
];

/**
 * A bundle of `bytes` bytes on disk, and what answering takes: (135 - 110) MB for 14 MB, (121 - 110) MB for 1 MB. Codes of a byte and
 * histories take four times their bytes in memory.
 */
export const bundlePart = (bytes: number): MemoryPart => ({ name: 'bundle', bytes: 6 * bytes + 24e6 });
