/** What a reader is: it looks into one file and says, as DuckDB SQL, how its rows and columns are read. */
import type { Database } from '../duckdb.js';
import type { SourceFile } from '../source-file.js';

export interface ReadRequest {
  readonly file: SourceFile;
  /** Whether the first row names the columns; formats that name their columns otherwise do not ask. */
  readonly header: 'auto' | 'yes' | 'no';
  /** Column names or positions that the user gave; a name among them proves a header. */
  readonly wished: readonly string[];
}

export interface Column {
  /** As the source names it; without a header its position from 1. */
  readonly name: string;
  /** SQL expression of the column within `Table.sql`. */
  readonly sql: string;
}

export interface Table {
  readonly columns: readonly Column[];
  /** Columns have names of their own, from a header or from the format. */
  readonly named: boolean;
  /** A relation for `FROM`, in which `$1` stands for the path. It keeps the order of the source. */
  readonly sql: string;
  /** The first row of data as text, where the format has no names to go by. */
  readonly sample?: readonly string[];
}

/** @throws RecdistillError `bad-data` if the file is not of this format */
export type Reader = (db: Database, request: ReadRequest) => Promise<Table>;
