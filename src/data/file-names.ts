/** What the name of a file says: how it is packed, which kind of data it holds, whether it is data at all. */

const PACKED = /\.(?:gz|gzip|zst|zstd|bz2|zip)$/;

/** The kinds of data that a folder is not mixed of, with the suffixes that name them. */
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

/** Files that tell people about data. */
const ABOUT = /^(?:readme|licen[cs]e|notice|changelog|citation|copying)(?:[._-]|$)/;

/** The file name in lower case, without what says how it is packed (`.gz`). */
export const unpackedName = (name: string): string => name.toLowerCase().replace(PACKED, '');

/** The kind of data of a file name; undefined if it does not look like data. `part-00000`, as Hadoop writes it, is text. */
export function kindByName(name: string): DataKind | undefined {
  const plain = unpackedName(name);
  if (ABOUT.test(plain)) return undefined;
  if (/^part-[\w-]+$/.test(plain)) return 'text';
  const kinds = Object.entries(KINDS) as [DataKind, readonly string[]][];
  return kinds.find(([, suffixes]) => suffixes.some((suffix) => plain.endsWith(`.${suffix}`)))?.[0];
}

/** The name without the suffixes of packing and of data: `Train.csv.gz` is `train`. */
export const stemOf = (name: string): string => unpackedName(name).replace(SUFFIX, '');

/** Other programs leave files such as `_SUCCESS` and `.part-0.crc` beside the data; they are no part of it. */
export const isHidden = (name: string): boolean => /^[._]/.test(name);

/** The first `most` names, and how many more there are. */
export const someNames = (names: readonly string[], most: number): string =>
  `${names.slice(0, most).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`;
