/** The registry of readers: format name -> reader. A ready split folder is three files, each read by one of these. */
import type { Reader } from './_reader.js';
import { csv, tsv } from './delimited.js';
import { duckdb } from './duckdb.js';
import { jsonl } from './json-lines.js';
import { lists } from './lists.js';
import { parquet } from './parquet.js';
import { userLists } from './user-lists.js';

export const readers = { csv, tsv, jsonl, parquet, duckdb, lists, 'user-lists': userLists } satisfies Record<
  string,
  Reader
>;

export type Format = keyof typeof readers;
