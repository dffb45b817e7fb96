/** A source file, before and after it is opened. */

export interface PlannedFile {
  /** Absolute path. `-` is standard input. */
  readonly path: string;
  /** Name used in messages. Default: the path. */
  readonly shown?: string;
  /** Columns encoded in folder names of the path (`country=DE/`), constant within the file. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface SourceFile {
  /** Absolute path that DuckDB opens: the file itself, or a copy in the temporary folder of the load. */
  readonly path: string;
  /** Name used in messages: the path as given, followed by the member of an archive. */
  readonly shown: string;
  /** The file name in lower case, without folder and compression suffix. */
  readonly name: string;
  /** Compression of the file at `path`. */
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
  /** Content type by the first bytes, whatever the name. Anything unrecognised is text. */
  readonly content: 'text' | 'parquet' | 'duckdb';
  /** Columns encoded in folder names of the path (`country=DE/`), constant within the file. `''` is a missing value. */
  readonly keys: Readonly<Record<string, string>>;
  /** Delimiter declared by the file itself (`sep=;`, as Excel writes it). */
  readonly delimiter?: string;
  /** For a DuckDB database: the table given as an option. */
  readonly table?: string;
}
