/** Formats and locations that recdistill recognises but does not read, each with a hint what to do instead. */
import { fail } from '../errors.js';

const starts =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString('latin1', at, at + text.length) === text;

/** Text contains none of these bytes. */
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

const UNREAD = 'which recdistill cannot read';
const UNPACK = 'Unpack it and name the file or folder.';
const EXPORT = 'Export it as Parquet or CSV.';
const OFFICE = ['is a spreadsheet or another office document', 'Save the sheet as CSV (UTF-8).'] as const;

type Foreign = readonly [is: (head: Buffer) => boolean, what: string, hint: string];

const PACKED: readonly Foreign[] = [
  [starts('\xfd7zXZ\0'), `is compressed with xz, ${UNREAD}`, 'Decompress it first (xz -d), or use gzip or zstd.'],
  [starts('\x04\x22\x4d\x18'), `is compressed with lz4, ${UNREAD}`, 'Decompress it first (lz4 -d).'],
  [starts('\xff\x06\0\0sNaPpY'), `is compressed with snappy, ${UNREAD}`, 'Decompress it first, or use gzip or zstd.'],
  [starts('\x1f\x9d'), `is compressed with compress, ${UNREAD}`, 'Decompress it first (uncompress).'],
  [
    (head) => head[0] === 0x78 && [0x01, 0x9c, 0xda].includes(head[1]!) && isBinary(head),
    `is compressed with zlib, ${UNREAD}`,
    'If it is a joblib file, load it in Python and write a table with to_parquet or to_csv. Otherwise decompress it first.',
  ],
  [starts("7z\xbc\xaf'\x1c"), `is a 7-Zip archive, ${UNREAD}`, UNPACK],
  [starts('Rar!\x1a\x07'), `is a RAR archive, ${UNREAD}`, UNPACK],
  [starts('ustar', 257), `is a tar archive, ${UNREAD}`, 'Unpack it (tar -xf) and name the file or folder.'],
];

const TABLES: readonly Foreign[] = [
  [
    starts('SQLite format 3\0'),
    `is an SQLite database, ${UNREAD}`,
    'Export the table: sqlite3 -csv -header FILE "SELECT * FROM TABLE" > table.csv',
  ],
  [(head) => starts('PK\x03\x04')(head) && head.toString('latin1', 30, 120).includes('[Content_Types].xml'), ...OFFICE],
  [starts('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'is an office document in an old format', OFFICE[1]],
  [starts('Obj\x01'), `is an Avro file, ${UNREAD}`, EXPORT],
  [(head) => starts('ORC')(head) && isBinary(head), `is an ORC file, ${UNREAD}`, EXPORT],
  [starts('ARROW1'), `is an Arrow or Feather file, ${UNREAD}`, EXPORT],
  [starts('\x89HDF\r\n\x1a\n'), `is an HDF5 file, ${UNREAD}`, EXPORT],
  [starts('MATLAB 5.0 MAT-file'), `is a MATLAB file, ${UNREAD}`, 'Export it as CSV, with writetable or writematrix.'],
  [starts('\x93NUMPY'), `is a NumPy file, ${UNREAD}`, EXPORT],
  [
    // A pickle of protocol 2 to 5. UTF-8 text cannot start with these bytes.
    (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
    `is a Python pickle, ${UNREAD}`,
    'Load it in Python and write a table with to_parquet or to_csv. Loading a pickle runs code: load only files that you trust.',
  ],
  [
    (head) => /^(?:RD[AX][23]\n|X\n\0\0\0[23])/.test(head.toString('latin1', 0, 8)),
    `is an R data file, ${UNREAD}`,
    'Load it in R and write a table with write.csv or arrow::write_parquet.',
  ],
  [starts('%PDF-'), 'is a PDF file', 'Export the table as CSV.'],
  [
    markup('<!doctype html', '<html'),
    'is a web page (HTML), not data',
    'The download may have saved a login or error page. Download the file itself.',
  ],
  [
    markup('<?xml', '<!doctype'),
    `is XML, ${UNREAD}`,
    'Export it as CSV. If it was downloaded, it may be an error page.',
  ],
  [starts('version https://git-lfs'), 'is a Git LFS pointer, not the file itself', 'Fetch the content: git lfs pull'],
  [starts('/annex/objects/'), 'is a git-annex pointer, not the file itself', 'Fetch the content: git annex get FILE'],
  [
    (head) => starts('\xff\xfe\0\0')(head) || starts('\0\0\xfe\xff')(head),
    `is text in UTF-32, ${UNREAD}`,
    'Save it as UTF-8: iconv -f UTF-32 -t UTF-8 FILE > utf8.csv',
  ],
];

/** @throws RecdistillError `bad-data` for content of a recognised but unsupported format */
export function refuseForeign(path: string, head: Buffer): void {
  const found = [...PACKED, ...TABLES].find(([is]) => is(head));
  if (found) fail('bad-data', { path, problem: found[1], hint: found[2] });
}

/** Zip archives that are the file format of another program, by the names of their members. */
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
    `is a PyTorch file, ${UNREAD}`,
    'Load it in Python and write a table of users and items as Parquet or CSV.',
  ],
];

/**
 * @param names names of the files in a zip archive
 * @throws RecdistillError `bad-data` for an archive that is the file format of another program
 */
export function refuseForeignArchive(path: string, names: readonly string[]): void {
  const found = ARCHIVES.find(([is]) => is(names));
  if (found) fail('bad-data', { path, problem: found[1], hint: found[2] });
}

const DATABASES: Readonly<Record<string, string>> = {
  postgres: 'psql -c "\\copy (SELECT * FROM table) TO table.csv CSV HEADER"',
  mysql: 'mysql --batch -e "SELECT * FROM table" database > table.tsv',
};

/** @throws RecdistillError `usage` for a URL: data is read from files only */
export function refuseAddress(data: string): void {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(data)?.[1]?.toLowerCase();
  if (scheme === undefined) return;
  const database = Object.keys(DATABASES).find((name) => scheme.includes(name));
  // A URL may contain a password.
  const shown = data.replace(/\/\/[^/]*@/, '//...@');
  const hint = database
    ? `Export the table to a file first: ${DATABASES[database]}`
    : scheme === 'file'
      ? 'Give the path without file://.'
      : scheme === 'sqlite'
        ? 'Export the table to a file first: sqlite3 -csv -header FILE "SELECT * FROM table" > table.csv'
        : 'Download it first and name the file or folder.';
  fail('usage', { problem: `${shown} is a URL; data is read from local files only`, hint });
}
