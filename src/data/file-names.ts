/** What a file name tells: its compression, the kind of its data, and whether it is data at all. */

const PACKED = /\.(?:gz|gzip|zst|zstd|bz2|zip)$/;

/** The kinds of data with their suffixes. A folder must not mix kinds. */
const KINDS = {
  csv: ['csv'],
  tsv: ['tsv', 'tab'],
  text: ['txt', 'dat', 'data', 'inter'],
  jsonl: ['jsonl', 'ndjson', 'json'],
  parquet: ['parquet', 'pq'],
  duckdb: ['duckdb'],
} as const;

export type DataKind = keyof typeof KINDS;

const SUFFIX = new RegExp(String.raw`\.(?:${Object.values(KINDS).flat().join('|')})$`);

/** Documentation files. */
const ABOUT = /^(?:readme|licen[cs]e|notice|changelog|citation|copying)(?:[._-]|$)/;

/** The file name in lower case, without the compression suffix (`.gz`). */
export const unpackedName = (name: string): string => name.toLowerCase().replace(PACKED, '');

/** The kind of data by file name. Undefined if it does not look like data. `part-00000` (Hadoop) is text. */
export function kindByName(name: string): DataKind | undefined {
  const plain = unpackedName(name);
  if (ABOUT.test(plain)) return undefined;
  if (/^part-[\w-]+$/.test(plain)) return 'text';
  const kinds = Object.entries(KINDS) as [DataKind, readonly string[]][];
  return kinds.find(([, suffixes]) => suffixes.some((suffix) => plain.endsWith(`.${suffix}`)))?.[0];
}

/** The name without the suffixes of compression and format: `Train.csv.gz` gives `train`. */
export const stemOf = (name: string): string => unpackedName(name).replace(SUFFIX, '');

/** Files such as `_SUCCESS` and `.part-0.crc`, which other programs write beside the data. */
export const isHidden = (name: string): boolean => /^[._]/.test(name);

/** The first `most` names, and the number of further ones. */
export const someNames = (names: readonly string[], most: number): string =>
  `${names.slice(0, most).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`;
