/** Formats and places that recdistill does not read, each with the way out. */
import { fail } from '../errors.js';

const starts =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString('latin1', at, at + text.length) === text;

/** Text has none of these bytes. */
const isBinary = (head: Buffer): boolean => head.some((byte) => byte < 9);

const markup =
  (...words: string[]) =>
  (head: Buffer): boolean => {
    const text = head
      .toString('utf8', 0, 512)
      .replace(/^\ufeff/, '')
      .trimStart()
      .toLowerCase();
    return words.some((word) => text.startsWith(word));
  };

const UNREAD = 'which recdistill does not read';
const UNPACK = 'Unpack it and name the file or folder.';
const EXPORT = 'Export it as Parquet or CSV.';
const OFFICE = ['is a file of Excel or another office program', 'Save the sheet as CSV (UTF-8).'] as const;

type Foreign = readonly [is: (head: Buffer) => boolean, what: string, hint: string];

const PACKED: readonly Foreign[] = [
  [starts('\xfd7zXZ\0'), `is packed by xz, ${UNREAD}`, 'Unpack it first, with xz -d, or pack it with gzip or zstd.'],
  [starts('\x04\x22\x4d\x18'), `is packed by lz4, ${UNREAD}`, 'Unpack it first, with lz4 -d.'],
  [starts('\xff\x06\0\0sNaPpY'), `is packed by snappy, ${UNREAD}`, 'Unpack it first, or pack it with gzip or zstd.'],
  [starts('\x1f\x9d'), `is packed by compress, ${UNREAD}`, 'Unpack it first, with uncompress.'],
  [
    (head) => head[0] === 0x78 && [0x01, 0x9c, 0xda].includes(head[1]!) && isBinary(head),
    `is packed by zlib, ${UNREAD}`,
    'If it is a file of joblib, load it in Python and write a table with to_parquet or to_csv. Else unpack it first.',
  ],
  [starts("7z\xbc\xaf'\x1c"), `is a 7-Zip archive, ${UNREAD}`, UNPACK],
  [starts('Rar!\x1a\x07'), `is a RAR archive, ${UNREAD}`, UNPACK],
  [starts('ustar', 257), `is a tar archive, ${UNREAD}`, 'Unpack it, with tar -xf, and name the file or folder.'],
];

const TABLES: readonly Foreign[] = [
  [
    starts('SQLite format 3\0'),
    `is an SQLite database, ${UNREAD}`,
    'Export the table: sqlite3 -csv -header FILE "SELECT * FROM TABLE" > table.csv',
  ],
  [(head) => starts('PK\x03\x04')(head) && head.toString('latin1', 30, 120).includes('[Content_Types].xml'), ...OFFICE],
  [starts('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'is a file of an old office program', OFFICE[1]],
  [starts('Obj\x01'), `is an Avro file, ${UNREAD}`, EXPORT],
  [(head) => starts('ORC')(head) && isBinary(head), `is an ORC file, ${UNREAD}`, EXPORT],
  [starts('ARROW1'), `is an Arrow or Feather file, ${UNREAD}`, EXPORT],
  [starts('\x89HDF\r\n\x1a\n'), `is an HDF5 file, ${UNREAD}`, EXPORT],
  [starts('MATLAB 5.0 MAT-file'), `is a MATLAB file, ${UNREAD}`, 'Export it as CSV, with writetable or writematrix.'],
  [starts('\x93NUMPY'), `is a NumPy file, ${UNREAD}`, EXPORT],
  [
    // A pickle of the protocols 2 to 5; text in UTF-8 does not start so.
    (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
    `is a Python pickle, ${UNREAD}`,
    'Load it in Python and write a table with to_parquet or to_csv. A pickle runs code when it is loaded: trust its origin.',
  ],
  [
    (head) => /^(?:RD[AX][23]\n|X\n\0\0\0[23])/.test(head.toString('latin1', 0, 8)),
    `is a file of R, ${UNREAD}`,
    'Load it in R and write a table, with write.csv or arrow::write_parquet.',
  ],
  [starts('%PDF-'), 'is a PDF file', 'Export the table as CSV.'],
  [
    markup('<!doctype html', '<html'),
    'is a web page (HTML) and no data',
    'A download may have saved the page of a login or an error. Fetch the file itself.',
  ],
  [
    markup('<?xml', '<!doctype'),
    `is XML, ${UNREAD}`,
    'Export it as CSV. If it was downloaded, it may be an error message.',
  ],
  [
    starts('version https://git-lfs'),
    'is a pointer of Git LFS and not the file itself',
    'Fetch the content: git lfs pull',
  ],
  [
    starts('/annex/objects/'),
    'is a pointer of git-annex and not the file itself',
    'Fetch the content: git annex get FILE',
  ],
  [
    (head) => starts('\xff\xfe\0\0')(head) || starts('\0\0\xfe\xff')(head),
    `is text in UTF-32, ${UNREAD}`,
    'Save it as UTF-8: iconv -f UTF-32 -t UTF-8 FILE > utf8.csv',
  ],
];

/** @throws RecdistillError `bad-data` for content that is recognised and not read */
export function refuseForeign(path: string, head: Buffer): void {
  const found = [...PACKED, ...TABLES].find(([is]) => is(head));
  if (found) fail('bad-data', { path, problem: found[1], hint: found[2] });
}

/** Zip archives that are files of other programs, by the names in them. */
const ARCHIVES: readonly (readonly [is: (names: readonly string[]) => boolean, what: string, hint: string])[] = [
  [(names) => names.includes('[Content_Types].xml'), ...OFFICE],
  [(names) => names.includes('mimetype') && names.includes('content.xml'), ...OFFICE],
  [
    (names) => names.length > 0 && names.every((name) => name.endsWith('.npy')),
    `is an archive of NumPy arrays (.npz), ${UNREAD}`,
    'Load it in Python and write a table of users and items as Parquet or CSV.',
  ],
  [
    (names) => names.some((name) => /^[^/]+\/data\.pkl$/.test(name)),
    `is a file of PyTorch, ${UNREAD}`,
    'Load it in Python and write a table of users and items as Parquet or CSV.',
  ],
];

/**
 * @param names of the files in a zip archive
 * @throws RecdistillError `bad-data` for an archive that is a file of another program
 */
export function refuseForeignArchive(path: string, names: readonly string[]): void {
  const found = ARCHIVES.find(([is]) => is(names));
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
