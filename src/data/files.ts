/** A file of the source before and after it was opened. */

export interface PlannedFile {
  /** Absolute; `-` is standard input. */
  readonly path: string;
  /** What messages name. Default: the path. */
  readonly shown?: string;
  /** Columns that the folders of the path stand for (`country=DE/`), the same in every row of the file. */
  readonly keys: Readonly<Record<string, string>>;
}

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
  /** The table that the user named, of a DuckDB database. */
  readonly table?: string;
}
