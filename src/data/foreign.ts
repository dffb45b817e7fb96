/** Formats and places that recdistill does not read, each with the way out. */
import { fail } from '../errors.js';

const starts =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString('latin1', at, at + text.length) === text;

const FOREIGN: readonly (readonly [is: (head: Buffer) => boolean, what: string, hint: string])[] = [
  [
    starts('\xfd7zXZ\0'),
    'is packed by xz, which recdistill does not read',
    'Unpack it first, with xz -d, or pack it with gzip or zstd.',
  ],
  [
    starts("7z\xbc\xaf'\x1c"),
    'is a 7-Zip archive, which recdistill does not read',
    'Unpack it and name the file or folder.',
  ],
  [
    starts('Rar!\x1a\x07'),
    'is a RAR archive, which recdistill does not read',
    'Unpack it and name the file or folder.',
  ],
  [
    starts('ustar', 257),
    'is a tar archive, which recdistill does not read',
    'Unpack it, with tar -xf, and name the file or folder.',
  ],
  [
    starts('SQLite format 3\0'),
    'is an SQLite database, which recdistill does not read',
    'Export the table: sqlite3 -csv -header FILE "SELECT * FROM TABLE" > table.csv',
  ],
  [
    (head) => starts('PK\x03\x04')(head) && head.toString('latin1', 30, 120).includes('[Content_Types].xml'),
    'is a file of Excel or another office program',
    'Save the sheet as CSV (UTF-8).',
  ],
  [starts('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'is a file of an old office program', 'Save the sheet as CSV (UTF-8).'],
  [starts('Obj\x01'), 'is an Avro file, which recdistill does not read', 'Export it as Parquet or CSV.'],
  [
    (head) => starts('ORC')(head) && (head[3]! < 9 || head[3]! >= 0x80),
    'is an ORC file, which recdistill does not read',
    'Export it as Parquet or CSV.',
  ],
  [starts('ARROW1'), 'is an Arrow or Feather file, which recdistill does not read', 'Export it as Parquet or CSV.'],
  [starts('\x89HDF\r\n\x1a\n'), 'is an HDF5 file, which recdistill does not read', 'Export it as Parquet or CSV.'],
  [starts('\x93NUMPY'), 'is a NumPy file, which recdistill does not read', 'Export it as Parquet or CSV.'],
  [starts('%PDF-'), 'is a PDF file', 'Export the table as CSV.'],
];

/** @throws RecdistillError `bad-data` for content that is recognised and not read */
export function refuseForeign(path: string, head: Buffer): void {
  const found = FOREIGN.find(([is]) => is(head));
  if (found) fail('bad-data', { path, problem: found[1], hint: found[2] });
}

const DATABASES: Readonly<Record<string, string>> = {
  postgres: 'psql -c "\\copy (SELECT * FROM table) TO table.csv CSV HEADER"',
  mysql: 'mysql --batch -e "SELECT * FROM table" database > table.tsv',
};

/** @throws RecdistillError `usage` for an address: data is read from files only */
export function refuseAddress(data: string): void {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(data)?.[1]?.toLowerCase();
  if (scheme === undefined) return;
  const database = Object.keys(DATABASES).find((name) => scheme.includes(name));
  // An address may hold a password.
  const shown = data.replace(/\/\/[^/]*@/, '//...@');
  const hint = database
    ? `Export the table to a file first: ${DATABASES[database]}`
    : scheme === 'file'
      ? 'Give the path without file://.'
      : scheme === 'sqlite'
        ? 'Export the table to a file first: sqlite3 -csv -header FILE "SELECT * FROM table" > table.csv'
        : 'Download it first, and name the file or folder.';
  fail('usage', { problem: `${shown} is an address; data is read from files on this machine only`, hint });
}
