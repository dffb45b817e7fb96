/** The registry of readers: format name -> reader. A ready split folder is three files, each read by one of these. */
import type { Reader } from './_reader.js';
import { csv, tsv } from './delimited.js';
import { jsonl } from './json-lines.js';
import { lists } from './lists.js';
import { parquet } from './parquet.js';

export const readers = { csv, tsv, jsonl, parquet, lists } satisfies Record<string, Reader>;

export type Format = keyof typeof readers;
