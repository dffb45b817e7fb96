/** A DuckDB instance that exists for one load: small, without extensions or network, and always closed. */
import { tmpdir } from 'node:os';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { fail, RecdistillError } from '../errors.js';
import { signalForAllWork, tellAdvance } from '../progress.js';
import type { SourceFile } from './files.js';
import { withTemporaryFolder } from './temporary.js';

export interface Database {
  /** A temporary folder that exists as long as the database. */
  readonly folder: string;
  /** Runs a statement over what the database holds, and returns its rows. */
  readonly query: (sql: string) => Promise<DuckDBValue[][]>;
  /**
   * Runs a statement over a file and returns its rows. The parameter `$1` is its path.
   * @throws RecdistillError `bad-data` or `out-of-memory`, naming the file
   */
  readonly read: (file: SourceFile, sql: string) => Promise<DuckDBValue[][]>;
  /** Runs a numeric query and passes its rows to `take` one by one, for results too large to hold. `values` is reused. */
  readonly scan: (sql: string, take: (values: Float64Array, row: number) => void) => Promise<void>;
  /** Runs a query with one column of text and passes its values to `take` one by one. */
  readonly texts: (sql: string, take: (text: string) => void) => Promise<void>;
  /** Appends rows to a table. @param types of its columns, in order */
  readonly append: (table: string, types: readonly ColumnType[]) => Promise<RowWriter>;
}

export type ColumnType = 'INTEGER' | 'FLOAT' | 'VARCHAR';

export interface RowWriter {
  /** Sets a value of the current row; null for none. */
  set(column: number, value: number | string | null): void;
  /** Ends the row. */
  next(): void;
  /** Writes the last rows. */
  close(): void;
}

/** Rows of a chunk. */
const CHUNK = 2048;

export interface DatabaseOptions {
  /** Default: 2. With one thread, rows keep their order also in joins. */
  readonly threads?: number;
  /** Stops the running statement, which then throws `interrupted`. Default: that of all work of the program. */
  readonly signal?: AbortSignal | undefined;
  /** What the statements do, for the progress of the program. Default: they show none. */
  readonly what?: string;
}

/** Milliseconds between two readings of the progress of a statement. */
const LOOK_MS = 500;

/**
 * Opens an in-memory database, runs `use`, and always closes it. It spills to a temporary folder, which is also
 * removed if a signal ends the process.
 * @param memory memory limit in MB
 * @throws RecdistillError `write-failed` if no temporary folder can be created, `interrupted`
 */
export async function withDatabase<T>(
  use: (db: Database) => Promise<T>,
  memory = 512,
  { threads = 2, signal = signalForAllWork(), what }: DatabaseOptions = {},
): Promise<T> {
  return withTemporaryFolder(async (folder) => {
    let instance: DuckDBInstance | undefined;
    let connection: DuckDBConnection | undefined;
    let look: NodeJS.Timeout | undefined;
    const stop = () => connection?.interrupt();
    try {
      if (signal?.aborted) fail('interrupted', { what: 'the database', unkept: true });
      // Loaded on use: most programs that import the library read no file.
      const duckdb = await import('@duckdb/node-api');
      instance = await duckdb.DuckDBInstance.create(':memory:', {
        threads: String(threads),
        memory_limit: `${memory}MB`,
        temp_directory: folder,
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
      });
      connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC'");
      signal?.addEventListener('abort', stop);
      if (what !== undefined) look = await followed(connection, what);
      return await use(database(connection, folder));
    } catch (cause) {
      if (signal?.aborted) fail('interrupted', { what: 'the database', unkept: true }, cause);
      throw cause;
    } finally {
      clearInterval(look);
      signal?.removeEventListener('abort', stop);
      connection?.closeSync();
      instance?.closeSync();
    }
  });
}

/** Tells the program how far each statement is, as far as the database knows. */
async function followed(connection: DuckDBConnection, what: string): Promise<NodeJS.Timeout> {
  await connection.run('SET enable_progress_bar = true');
  await connection.run('SET enable_progress_bar_print = false');
  await connection.run('SET progress_bar_time = 0');
  return setInterval(() => {
    const { percentage } = connection.progress;
    if (percentage > 0) tellAdvance({ what, done: percentage, total: 100 });
  }, LOOK_MS);
}

function database(connection: DuckDBConnection, folder: string): Database {
  return {
    folder,
    query: async (sql) => (await connection.runAndReadAll(sql)).getRows(),
    read: async (file, sql) => {
      try {
        const rows: DuckDBValue[][] = [];
        // Chunk by chunk, so that signals are handled meanwhile.
        for await (const chunk of chunksOf(connection, sql, [pathValue(file)])) rows.push(...chunk.getRows());
        return rows;
      } catch (cause) {
        return badFile(file.shown, cause);
      }
    },
    append: async (table, types) => {
      const { DuckDBDataChunk, FLOAT, INTEGER, VARCHAR } = await import('@duckdb/node-api');
      const appender = await connection.createAppender(table);
      const known = { FLOAT, INTEGER, VARCHAR };
      const chunk = DuckDBDataChunk.create(
        types.map((type) => known[type]),
        CHUNK,
      );
      const columns = types.map((_, column) => chunk.getColumnVector(column));
      let row = 0;
      const flush = (): void => {
        chunk.rowCount = row;
        for (const column of columns) column.flush();
        if (row > 0) appender.appendDataChunk(chunk);
        row = 0;
      };
      return {
        set: (column, value) => void columns[column]!.setItem(row, value),
        next: () => {
          row += 1;
          if (row === CHUNK) flush();
        },
        close: () => {
          flush();
          appender.closeSync();
        },
      };
    },
    scan: async (sql, take) => {
      let [row, values] = [0, new Float64Array(0)];
      for await (const chunk of chunksOf(connection, sql)) {
        if (values.length !== chunk.columnCount) values = new Float64Array(chunk.columnCount);
        const columns = Array.from(values, (_, column) => numbersIn(chunk, column));
        for (let k = 0; k < chunk.rowCount; k++, row++) {
          for (let column = 0; column < columns.length; column++) values[column] = columns[column]![k]!;
          take(values, row);
        }
      }
    },
    texts: async (sql, take) => {
      for await (const chunk of chunksOf(connection, sql)) {
        const column = chunk.getColumnVector(0);
        for (let k = 0; k < chunk.rowCount; k++) take(String(column.getItem(k)));
      }
    },
  };
}

async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql, values);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    yield chunk;
  }
}

/** The numbers of a column. NULL is 0. */
function numbersIn(chunk: DuckDBDataChunk, column: number): ArrayLike<number> {
  const vector = chunk.getColumnVector(column);
  const { items, validity } = vector as { items?: unknown; validity?: { readonly data?: unknown } };
  // DuckDB gives no mask for a column without NULL. Then the numbers are taken as they lie in memory.
  const whole = validity !== undefined && validity.data === null;
  if (whole && (items instanceof Int32Array || items instanceof Float64Array)) return items;
  return Float64Array.from({ length: chunk.rowCount }, (_, k) => vector.getItem(k) as number);
}

/** Text as an SQL string literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Text as a quoted SQL identifier. */
export const identifier = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A path, escaped for DuckDB readers: they expand `*`, `?` and `[`, which may be part of a file name. */
const pathValue = (file: SourceFile): string => file.path.replace(/[*?[]/g, '[$&]');

/** Longest line of a text file in bytes. DuckDB's default of 2 MB is too short for two ids of 1 MB. */
export const MAX_LINE = 16 * 1024 * 1024;

/** By default a reader buffers 16 lines of maximum length. Two such buffers would use all the memory. */
export const LINE_SIZE = `max_line_size=${MAX_LINE}, buffer_size=${2 * MAX_LINE}`;

/**
 * The lines of a text file as a relation with the column `line`, without blank lines. Delimiter and null text are
 * control characters that do not occur in text, so a line is never split. Lines end with \n, \r\n or \r, also mixed.
 */
export const linesOf = (file: SourceFile): string =>
  `read_csv($1, auto_detect=false, header=false, delim='\u0001\u0002\u0003', quote='', escape='', ` +
  `columns={'line': 'VARCHAR'}, nullstr='\u0004', ${LINE_SIZE}, strict_mode=false, compression='${file.compression}')`;

/** The first non-blank lines of a text file. */
export async function firstLines(db: Database, file: SourceFile, limit: number): Promise<string[]> {
  const rows = await db.read(file, `SELECT line FROM ${linesOf(file)} LIMIT ${limit}`);
  return rows.map(([line]) => String(line));
}

/** Rephrases a DuckDB error about a file in one sentence. A RecdistillError is passed on unchanged. */
export function badFile(path: string, cause: unknown): never {
  if (cause instanceof RecdistillError) throw cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/max_temp_directory_size|No space left/.test(text)) fullDisk(path, cause);
  if (text.startsWith('Out of Memory')) {
    const hint = 'Split the file into smaller ones, or convert it to Parquet with integer ids.';
    fail(
      'out-of-memory',
      { what: `reading ${path}`, needed: `more than ${limitIn(text)}`, available: 'no more', hint },
      cause,
    );
  }
  fail('bad-data', { path, problem: sentenceOf(text), hint: hintOf(text) }, cause);
}

/** @throws RecdistillError `write-failed` */
const fullDisk = (path: string, cause?: unknown): never =>
  fail(
    'write-failed',
    {
      path: tmpdir(),
      problem: `reading ${path} needs more space for temporary files than there is`,
      hint: 'Free space there, or set TMPDIR to a folder with more. Reading takes up to about 40 bytes a row and the ids.',
    },
    cause,
  );

/** DuckDB says "(used/limit used)". */
const limitIn = (text: string): string => /\/([\d.]+ \w+) used/.exec(text)?.[1] ?? 'it may take';

/** What an error of DuckDB says, without its words for the kind of error. */
export function sentenceOf(text: string): string {
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const where = line ? `line ${line}: ` : '';
  const columns = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (columns) return `${where}${columns[2]} columns; expected ${columns[1]}`;
  if (text.includes('unterminated quote')) return `${where}an opening quote has no closing quote`;
  if (text.includes('Invalid unicode')) return `${where}the text is not UTF-8`;
  if (text.includes('Maximum line size')) {
    return `${where}the line is longer than ${MAX_LINE / 2 ** 20} MiB`;
  }
  const json = /Malformed JSON .*at byte (\d+) in record\/value (\d+)/.exec(text);
  if (json) return `object ${json[2]} is not valid JSON (byte ${json[1]} of it)`;
  if (text.includes('state machine'))
    return 'line ends or quotes are mixed (\\r\\n with \\n, or text after a closing quote)';
  if (/Corrupt database file|checksum/.test(text)) return 'the file is damaged: a checksum differs';
  return text
    .split('\n')[0]!
    .replace(/^[A-Z][A-Za-z ]+ Error: /, '')
    .slice(0, 300);
}

function hintOf(text: string): string {
  if (text.includes('Invalid unicode')) return 'Save the file as UTF-8.';
  if (text.includes('JSON')) return 'Correct the JSON: commas only between values, strings and keys in double quotes.';
  if (/parquet/i.test(text))
    return 'The file is not Parquet, or it is truncated. Write it again or choose another --format.';
  return 'Correct the file. A field with delimiters, quotes or line ends needs double quotes; a quote within it is doubled.';
}
