/** The contract of a reader: it inspects one file and returns DuckDB SQL that reads its rows and columns. */

import type { Unit } from '../../options/registry.js';
import type { Database } from '../duckdb.js';
import type { SourceFile } from '../files.js';

export interface ReadRequest {
  readonly file: SourceFile;
  /** Whether the first row is a header. Ignored by formats that name their columns otherwise. */
  readonly header: 'auto' | 'yes' | 'no';
  /** Column names or positions given as options. One of these names in the first row proves a header. `user.id` may be a nested field. */
  readonly givenNames: readonly string[];
  /** Delimiter: any text, or `whitespace` for runs of spaces and tabs. Default: that of the format, or detected. */
  readonly delimiter?: string | undefined;
  /** Whether double quotes enclose fields. Default: `double`. */
  readonly quote?: 'double' | 'none';
}

export interface Column {
  /** Name in the source. Without a header: the position from 1. */
  readonly name: string;
  /** SQL expression of the column within `Table.sql`. */
  readonly sql: string;
  /** The column comes from a folder name, not from the file. */
  readonly ofFolder?: boolean;
  /**
   * SQL text expression that describes a nested value, such as `a list`, and is NULL for a single value. Absent if the
   * format has single values only.
   */
  readonly nested?: string;
  /** SQL list of the elements of a value as text. A single value is a list of one. NULL if an element is nested itself. */
  readonly elements?: string;
}

export interface Table {
  readonly columns: readonly Column[];
  /** Whether columns have names, from a header or from the format. */
  readonly named: boolean;
  /** A relation for `FROM`, with the path as parameter `$1`. It keeps the source order. */
  readonly sql: string;
  /** The first row of data as text, for formats without column names. */
  readonly sample?: readonly string[];
}

/** @throws RecdistillError `bad-data` if the file is not of this format */
export type Read = (db: Database, request: ReadRequest) => Promise<Table>;

/** A file format of interactions and rankings. */
export interface Reader extends Unit {
  readonly unit: 'reader';
  /** One line for lists and help. */
  readonly summary: string;
  /** File name suffixes of this format, such as `.clicks`. A file with one of them needs no option `format`. */
  readonly suffixes?: readonly string[];
  readonly read: Read;
}

/** Declares a reader. */
export const reader = (spec: Omit<Reader, 'unit'>): Reader => ({ ...spec, unit: 'reader' });
