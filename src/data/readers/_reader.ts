/** What a reader is: it looks into one file and says, as DuckDB SQL, how its rows and columns are read. */

import type { Unit } from '../../options/registry.js';
import type { Database } from '../duckdb.js';
import type { SourceFile } from '../files.js';

export interface ReadRequest {
  readonly file: SourceFile;
  /** Whether the first row names the columns; formats that name their columns otherwise do not ask. */
  readonly header: 'auto' | 'yes' | 'no';
  /** Column names or positions that the user gave. A name among them proves a header; one such as `user.id` may lead into a structure. */
  readonly wished: readonly string[];
  /** What divides fields: any text, or `blank` for runs of blanks. Default: by the format, or found by looking. */
  readonly delimiter?: string | undefined;
  /** Whether double quotes enclose fields. Default: `double`. */
  readonly quote?: 'double' | 'none';
}

export interface Column {
  /** As the source names it; without a header its position from 1. */
  readonly name: string;
  /** SQL expression of the column within `Table.sql`. */
  readonly sql: string;
  /** It stands for a folder of the path, and not in the file. */
  readonly ofFolder?: boolean;
  /**
   * SQL text that says what a value is that is not a single one, such as `a list`, and NULL for a single value. Absent where the format has
   * single values only.
   */
  readonly nested?: string;
  /** SQL list of the elements of a value, as text: of a list its elements, of a single value itself; NULL if an element is no single value. */
  readonly elements?: string;
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
export type Read = (db: Database, request: ReadRequest) => Promise<Table>;

/** A format that interactions and rankings are read from. */
export interface Reader extends Unit {
  readonly unit: 'reader';
  /** One line for lists and help. */
  readonly summary: string;
  /** Ends of file names, such as `.clicks`, by which a single file is known to be of this format without the option `format`. */
  readonly suffixes?: readonly string[];
  readonly read: Read;
}

/** Declares a reader. */
export const reader = (spec: Omit<Reader, 'unit'>): Reader => ({ ...spec, unit: 'reader' });
