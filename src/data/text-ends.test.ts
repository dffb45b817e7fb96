import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type TestFolder, testFolder } from './folder.test.support.js';
import { readItemLabels } from './labels.js';
import { loadDataset } from './load.js';
import { type Opening, openSource } from './source-file.js';

const CSV = `user,item\n${Array.from({ length: 42 }, (_, k) => `${k % 6},${Math.floor(k / 6)}\n`).join('')}`;

async function opened(f: TestFolder, path: string, opening: Opening = {}): Promise<string> {
  const folder = join(f.path, `t${Math.random()}`);
  mkdirSync(folder);
  return (await openSource(path, { ...opening, folder })).path;
}

const fingerprint = async (data: string): Promise<string> =>
  (await loadDataset({ coldItems: 'keep', data })).fingerprint;

test('blank lines before the header, blanks, Ctrl-Z and zero bytes at the end are no data', async (t) => {
  const f = testFolder(t);
  const wanted = await fingerprint(f.write('plain.csv', CSV));
  const zeros = '\0'.repeat(100_000);
  const texts = [
    ...[`\n${CSV}`, `\r\n\r\n${CSV.replaceAll('\n', '\r\n')}`, ` \t \n\n${CSV}`, `\ufeff\n${CSV}`],
    `${' \n'.repeat(50_000)}${CSV}`,
    ...[`${CSV}   \n`, `${CSV}\n \t\n\n`, `${CSV}   `, `${CSV}\n\n`, `${CSV}\x1a`, `${CSV.trimEnd()}\x1a`],
    ...[`${CSV}\r\n\x1a\0\0`, `${CSV}${zeros}`, `${CSV.trimEnd()}\0`, `\n${CSV} \n`],
    `\nsep=;\n\n${CSV.replaceAll(',', ';')} \n`,
  ];
  for (const text of texts) {
    const shown = JSON.stringify(`${text.slice(0, 10)}...${text.slice(-10)}`);
    assert.equal(await fingerprint(f.write('a.csv', text)), wanted, shown);
    assert.equal(await fingerprint(f.write('a.csv.gz', gzipSync(text))), wanted, `gzip ${shown}`);
    assert.equal(
      await fingerprint(f.write('u.csv', Buffer.from(`\ufeff${text}`, 'utf16le'))),
      wanted,
      `UTF-16 ${shown}`,
    );
  }
});

test('the first and the last line keep their own blanks, and a text without more around it is read in place', async (t) => {
  const f = testFolder(t);
  for (const [text, wanted] of [
    ['\n\t b\tc\n', '\t b\tc\n'],
    ['a\tb\t \n \n', 'a\tb\t \n'],
    ['a\tb\t \r\n \r\n', 'a\tb\t \r\n'],
    ['a\tb\t\x1a', 'a\tb\t'],
    ['a\n \nb\n\x1a', 'a\n \nb\n'],
  ] as const) {
    assert.equal(readFileSync(await opened(f, f.write('a.tsv', text)), 'utf8'), wanted, JSON.stringify(text));
  }
  for (const text of ['\ta\n', 'a\tb\t\n', 'a\tb\t ', 'a\n\n\n', 'a\n \nb', '\ufeffa\n']) {
    const path = f.write('b.tsv', text);
    assert.equal(await opened(f, path), path, JSON.stringify(text));
  }
});

test('a text of blanks or of zero bytes is refused', async (t) => {
  const f = testFolder(t);
  for (const [text, message] of [
    ['\n\n', /has only blank lines/],
    ['\ufeff \t\r\n', /has only blank lines/],
    ['sep=;\n\n', /has only blank lines/],
    ['\x1a', /has only blank lines/],
    ['\0'.repeat(10_000), /starts with zero bytes and is not text/],
  ] as const) {
    await assert.rejects(opened(f, f.write('a.csv', text)), message, JSON.stringify(text.slice(0, 9)));
  }
  const utf32 = Buffer.from([...'user,item\n1,2\n'].flatMap((sign) => [sign.charCodeAt(0), 0, 0, 0]));
  await assert.rejects(opened(f, f.write('b.csv', utf32)), { code: 'bad-data', hint: /UTF-32.*iconv/ });
});

test('blank lines at the start count if line k belongs to item k', async (t) => {
  const f = testFolder(t);
  const { labels } = await readItemLabels(f.write('titles.txt', '\nOne\n\nThree\n \n'), ['0', '1', '2', '3']);
  assert.deepEqual(labels, ['', 'One', '', 'Three']);
});

test('a gzip file that is filled up with zero bytes is read, one with other bytes behind it is refused', async (t) => {
  const f = testFolder(t);
  const wanted = await fingerprint(f.write('plain.csv', CSV));
  const packed = gzipSync(CSV);
  const two = Buffer.concat([gzipSync(CSV.slice(0, 100)), gzipSync(CSV.slice(100))]);
  for (const content of [packed, two]) {
    assert.equal(await fingerprint(f.write('a.csv.gz', content)), wanted);
    for (const zeros of [1, 512, 200_000]) {
      const padded = Buffer.concat([content, Buffer.alloc(zeros)]);
      assert.equal(await fingerprint(f.write('b.csv.gz', padded)), wanted, `${zeros}`);
    }
  }
  await assert.rejects(
    fingerprint(f.write('c.csv.gz', Buffer.concat([packed, Buffer.from('more')]))),
    /not a complete gzip file/,
  );
  const path = f.write('d.csv.gz', packed);
  assert.equal(await opened(f, path), path, 'what DuckDB can read is not copied');
});
