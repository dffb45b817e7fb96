import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RecdistillError } from '../errors.js';
import { copyTo } from './copies.js';
import { literal, withDatabase } from './duckdb.js';
import type { SourceFile } from './files.js';
import { type TestFolder, testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';
import type { DataOptions } from './options.js';
import { type Opening, openSource } from './source-file.js';
import { zipOf } from './zip.test.support.js';

/** Six users with the items 0..6. */
const CSV = `user,item,time\n${Array.from({ length: 42 }, (_, k) => `${k % 6},${Math.floor(k / 6)},${1_600_000_000 + k}\n`).join('')}`;
/** That text as bzip2 1.0.8 packs it. */
const BZ2 = Buffer.from(
  'QlpoOTFBWSZTWVfTBfoAASfZgBwQAAR/4AIiHgAwAMsYiJ7VDfqKaaDQMpqb9SRoAaBJKnnklBoekGrUajYm15wjm+MSoiIhIAEgASABKzVtXQiIAhQnCYmJ2TlqUqKkzMgAANttttttvnmxCHLv2bFSICEdhCHvWtWaFSNpdBCKV3dwgqRBGJIyCpEESSMgqRDOZGQVIbbYqSEZznGMYZ3eM5rv7mv2jz+LuSKcKEgr6YL9AA==',
  'base64',
);

const fingerprint = async (data: string, options: Partial<DataOptions> = {}): Promise<string> =>
  (await loadDataset({ coldItems: 'keep', ...options, data })).fingerprint;

/** Opens a file with a temporary folder of its own. */
async function opened(f: TestFolder, path: string, opening: Opening = {}): Promise<SourceFile> {
  const folder = join(f.path, `t${Math.random()}`);
  mkdirSync(folder);
  return openSource(path, { ...opening, folder });
}

const textOf = async (f: TestFolder, path: string, opening: Opening = {}): Promise<string> =>
  readFileSync((await opened(f, path, opening)).path, 'utf8');

/** Opens and returns the error as one text: code, message, hint. */
async function refusal(f: TestFolder, path: string, opening: Opening = {}): Promise<string> {
  try {
    await opened(f, path, opening);
  } catch (error) {
    assert.ok(error instanceof RecdistillError, String(error));
    return `${error.code}: ${error.message} | ${error.hint}`;
  }
  return assert.fail('it was accepted');
}

async function zstdOf(t: TestContext, text: string): Promise<Buffer> {
  const f = testFolder(t);
  const [from, to] = [f.write('a.csv', text), join(f.path, 'b.zst')];
  const lines = `read_csv(${literal(from)}, header=false, delim='\u0001', quote='', columns={'l': 'VARCHAR'})`;
  const how = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\u0001', COMPRESSION zstd";
  await withDatabase((db) => db.query(`COPY (FROM ${lines}) TO ${literal(to)} (${how})`));
  return readFileSync(to);
}

test('packing is known by content, whatever the name', async (t) => {
  const f = testFolder(t);
  const wanted = await fingerprint(f.write('plain.csv', CSV));
  const zstd = await zstdOf(t, CSV);
  const zip = zipOf([{ name: 'clicks.csv', content: CSV }]);
  for (const [name, content] of [
    ['gzip.csv', gzipSync(CSV)],
    ['zstd.csv', zstd],
    ['bzip2.csv', BZ2],
    ['zip.csv', zip],
    ['named.csv.bz2', BZ2],
    ['named.csv.zip', zip],
    ['wrong.csv.zst', gzipSync(CSV)],
    ['wrong.csv.gz', CSV],
    ['twice.csv.gz', gzipSync(gzipSync(CSV))],
    [
      'inner.zip',
      zipOf([
        { name: 'a/b.csv.gz', content: gzipSync(CSV) },
        { name: 'README.md', content: 'x' },
      ]),
    ],
  ] as const) {
    assert.equal(await fingerprint(f.write(name, content)), wanted, name);
  }
});

test('a Parquet file is one under any name, also packed', async (t) => {
  const f = testFolder(t);
  const csv = f.write('plain.csv', CSV);
  const path = join(f.path, 'data.bin');
  await withDatabase((db) => db.query(`COPY (FROM read_csv(${literal(csv)})) TO ${literal(path)} (FORMAT parquet)`));
  const wanted = await fingerprint(csv);
  assert.equal(await fingerprint(path), wanted);
  assert.equal(await fingerprint(f.write('x.parquet.gz', gzipSync(readFileSync(path)))), wanted);
  await assert.rejects(loadDataset({ data: path, format: 'csv' }), /is a Parquet file, but --format is csv/);
});

test('archives that are cut, damaged or not to be trusted', async (t) => {
  const f = testFolder(t);
  const zip = zipOf([{ name: 'clicks.csv', content: CSV }]);
  const flipped = Buffer.from(zip);
  flipped[50]! ^= 0x55;
  const member = (more: object, name = 'a.csv') => zipOf([{ name, content: CSV, ...more }]);
  for (const [name, content, message] of [
    ['cut.bz2', BZ2.subarray(0, 100), /not a complete bzip2 file/],
    [
      'flip.bz2',
      Buffer.concat([BZ2.subarray(0, 90), Buffer.from([1, 2, 3]), BZ2.subarray(93)]),
      /not a complete bzip2 file/,
    ],
    ['cut.zip', zip.subarray(0, 100), /not a complete zip file/],
    ['flip.zip', flipped, /not a complete zip file: clicks.csv|checksum of clicks.csv differs/],
    ['up.zip', member({}, '../a.csv'), /would be written outside of its folder/],
    ['root.zip', member({}, '/etc/a.csv'), /would be written outside of its folder/],
    ['zero.zip', member({}, 'a.c\0v'), /the name of a file has a zero byte: "a\.c\\u0000v"/],
    ['long.zip', member({}, `${'a'.repeat(300)}.csv`), /long\.zip|cannot write/],
    [
      'twice.zip',
      zipOf([
        { name: 'a.csv', content: CSV },
        { name: 'a.csv', content: CSV },
      ]),
      /twice\.zip|cannot write/,
    ],
    ['secret.zip', member({ flags: 1 }), /is encrypted \(a.csv\)/],
    ['bomb.zip', member({ claimed: 10 }), /not a complete zip file: a.csv: too many bytes/],
    ['empty.zip', zipOf([]), /without exactly one data file: nothing/],
    ['deep.gz', gzipSync(gzipSync(gzipSync(gzipSync(CSV)))), /compressed more than 3 times/],
    ['gone.csv.gz', gzipSync(''), /the file is empty/],
  ] as const) {
    assert.match(await refusal(f, f.write(name, content)), message, name);
  }
  const huge = f.write('huge.zip', zipOf(Array.from({ length: 3 }, (_, k) => ({ name: `${k}.csv`, content: CSV }))));
  assert.match(await refusal(f, huge), /without exactly one data file: 0.csv, 1.csv, 2.csv/);
});

test('a copy fails when the disk is full', async (t) => {
  const f = testFolder(t);
  async function* chunks() {
    for (let k = 0; k < 100; k++) yield Buffer.alloc(1000);
  }
  await assert.rejects(
    copyTo(join(f.path, 'a'), chunks(), 'bomb.bz2', 50_000),
    /bomb.bz2 decompresses to more than 50000 bytes/,
  );
  await copyTo(join(f.path, 'b'), chunks(), 'fits.bz2', 100_000);
});

test('encodings: the byte order mark decides, else the option, else it is UTF-8', async (t) => {
  const f = testFolder(t);
  const text = 'user,item\nJosé,café\nZoë,"naïve, l’été €"\n';
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
  assert.equal(await textOf(f, f.write('a.csv', text)), text);
  assert.equal((await opened(f, f.write('a.csv', text))).path, join(f.path, 'a.csv'), 'nothing is copied');
  assert.equal(await textOf(f, f.write('b.csv', utf16)), text);
  assert.equal(await textOf(f, f.write('c.csv', Buffer.from(utf16).swap16())), text);
  assert.equal(await textOf(f, f.write('d.csv.gz', gzipSync(utf16))), text);
  assert.equal(await textOf(f, f.write('e.csv', utf16.subarray(2)), { encoding: 'utf-16le' }), text);
  const windows = Buffer.from(text.replace('’', '\x92').replace('€', '\x80'), 'latin1');
  for (const encoding of ['latin1', 'windows-1252', 'cp1252']) {
    assert.equal(await textOf(f, f.write('f.csv', windows), { encoding }), text, encoding);
  }
  const long = `user,item\n${'é,ü\n'.repeat(50_000)}`;
  assert.equal(await textOf(f, f.write('g.csv', Buffer.from(long, 'latin1')), { encoding: 'latin1' }), long);
  assert.match(
    await refusal(f, f.write('h.csv', windows)),
    /line 2: the text is not UTF-8 \(byte 0xe9\) \| .*--encoding latin1/,
  );
  assert.match(
    await refusal(f, f.write('i.csv', `user,item\n${'é,a\n'.repeat(60_000)}\xff`), { encoding: 'nonsense' }),
    /^bad-option: .*"nonsense"; expected auto, or .*latin1/,
  );
  assert.match(await refusal(f, f.write('j.csv', utf16.subarray(2))), /zero bytes \| .*--encoding utf-16le/);
  assert.match(
    await refusal(f, f.write('k.csv', utf16), { encoding: 'latin1' }),
    /byte order mark of utf-16le, but --encoding is latin1/,
  );
  assert.match(
    await refusal(f, f.write('l.csv', Buffer.from('a,b\n\x81\xff,c\n', 'latin1')), { encoding: 'shift_jis' }),
    /line 1 or shortly after it: the text is not shift_jis/,
  );
});

test('invalid UTF-8 is found at any position, and characters across chunks are valid', async (t) => {
  const f = testFolder(t);
  const body = Buffer.from(`user,item\n${'x'.repeat(65_536 - 11)}€,a\n${'é,b\n'.repeat(40_000)}`);
  assert.equal((await opened(f, f.write('a.csv', body))).path, join(f.path, 'a.csv'));
  const cut = Buffer.concat([body, Buffer.from([0xe2, 0x82])]);
  assert.match(await refusal(f, f.write('b.csv', cut)), /line 40003: the text is not UTF-8 \(byte 0xe2\)/);
  const late = Buffer.concat([body, Buffer.from('ok,ok\nok,\xff\n', 'latin1')]);
  assert.match(await refusal(f, f.write('c.csv', late)), /line 40004: the text is not UTF-8 \(byte 0xff\)/);
});

test('mixed line ends are normalised outside of quotes; a file with one kind does not change', async (t) => {
  const f = testFolder(t);
  const cases: readonly (readonly [text: string, wanted: string, opening?: Opening])[] = [
    ['u,i\r\na,b\nc,d\r\n', 'u,i\na,b\nc,d\n'],
    ['u,i\na,b\r\nc,d', 'u,i\na,b\nc,d'],
    ['u,i\na,b\rc,d\r', 'u,i\na,b\nc,d\n'],
    ['u,i\r\na,"b\r\n""x"\nc,d\n', 'u,i\na,"b\r\n""x"\nc,d\n'],
    ['u,i\na,5" pipe\r\nc,d\n', 'u,i\na,5" pipe\nc,d\n'],
    ['u\ti\na\t"b\r\nc\td\n', 'u\ti\na\t"b\nc\td\n', { quote: 'none' }],
  ];
  for (const [text, wanted, opening] of cases) {
    assert.equal(await textOf(f, f.write('a.csv', text), opening), wanted, JSON.stringify(text));
  }
  for (const text of ['u,i\r\na,b\r\n', 'u,i\ra,b\r', 'u,i\na,"b\r\nc"\n']) {
    assert.equal((await opened(f, f.write('b.csv', text))).path, join(f.path, 'b.csv'), JSON.stringify(text));
  }
  const mixed = CSV.replace(/\n/g, (end, at: number) => (at % 2 === 0 ? '\r\n' : end));
  const data = await loadDataset({ coldItems: 'keep', data: f.write('mixed.csv', mixed), time: 'none' });
  assert.equal(data.fingerprint, await fingerprint(f.write('one.csv', CSV)));
});

test("Excel's line sep=; names the delimiter and is no data", async (t) => {
  const f = testFolder(t);
  const body = CSV.replaceAll(',', ';');
  const wanted = await fingerprint(f.write('plain.csv', CSV));
  for (const text of [`sep=;\n${body}`, `\ufeffsep=;\r\n${body.replaceAll('\n', '\r\n')}`, `"sep=;"\n${body}`]) {
    const path = f.write('excel.csv', text);
    assert.equal((await opened(f, path)).delimiter, ';');
    assert.equal(await fingerprint(path), wanted, JSON.stringify(text.slice(0, 12)));
  }
});

test('pipes are read once and whole; devices are refused', { skip: process.platform === 'win32' }, async (t) => {
  const f = testFolder(t);
  const pipe = join(f.path, 'pipe');
  execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
  const writer = spawn(process.execPath, [
    '-e',
    `const { createWriteStream } = require('node:fs'); const out = createWriteStream(${JSON.stringify(pipe)});
     out.write('user,item\\n'); setTimeout(() => out.end('a,b\\n'), 100);`,
  ]);
  t.after(() => writer.kill());
  assert.equal(await textOf(f, pipe), 'user,item\na,b\n');
  assert.match(await refusal(f, '/dev/zero'), /is a device; expected a file/);
  assert.match(await refusal(f, f.path), /is a folder; expected a file/);
});
