import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { RecdistillError } from '../errors.js';
import { testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';
import { openSource } from './source-file.js';
import { zipOf } from './zip.test.support.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

test('a format that is recognised but not supported is refused with a way to convert it', async (t) => {
  const f = testFolder(t);
  const refusal = async (name: string, content: string | Uint8Array): Promise<string> => {
    const folder = join(f.path, `t${Math.random()}`);
    mkdirSync(folder);
    try {
      await openSource(f.write(name, content), { folder });
    } catch (error) {
      assert.ok(error instanceof RecdistillError, String(error));
      return `${error.message} | ${error.hint}`;
    }
    return assert.fail('it was accepted');
  };
  const tar = Buffer.alloc(1024);
  tar.write('ustar', 257);
  const member = (name: string) => ({ name, content: 'x' });
  for (const [content, message] of [
    [bytes('\xfd7zXZ\0more'), /compressed with xz.*xz -d/],
    [bytes('\x04\x22\x4d\x18\x64\x40'), /compressed with lz4/],
    [bytes("7z\xbc\xaf'\x1c\0\x04"), /7-Zip archive/],
    [bytes('SQLite format 3\0more'), /SQLite database.*sqlite3 -csv -header/],
    [tar, /tar archive.*tar -xf/],
    [bytes('\x89HDF\r\n\x1a\n..'), /HDF5/],
    [bytes('ORC\n\x0b\n\x03\0\0\0\x12\x04'), /an ORC file/],
    [bytes('ORC\x1c\0\0\n'), /an ORC file/],
    [bytes('\x80\x02]q\0(K\x01K\x02e.'), /Python pickle.*to_parquet/],
    [bytes('\x80\x05\x95\x10\0\0\0\0\0\0\0}'), /Python pickle/],
    [deflateSync(Buffer.from(Array.from({ length: 3000 }, (_, k) => (k * k) % 251))), /compressed with zlib.*joblib/],
    [bytes('RDX3\nX\n\0\0\0\x03'), /an R data file/],
    ['<!DOCTYPE html>\n<html><body>Sign in</body></html>', /a web page.*login/],
    ['\ufeff\n  <HTML><head>', /a web page/],
    ['<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', /is XML/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', /Git LFS pointer.*git lfs pull/],
    ['/annex/objects/SHA256E-s12--ab.csv\n', /git-annex pointer/],
    [bytes('\xff\xfe\0\0u\0\0\0'), /UTF-32.*iconv/],
    [bytes('\0\0\xfe\xff\0\0\0u'), /UTF-32.*iconv/],
  ] as const) {
    for (const name of ['x.csv', 'x.bin', 'x.csv.gz']) assert.match(await refusal(name, content), message, name);
    assert.match(await refusal('y.csv', gzipSync(content)), message);
  }
  for (const [names, message] of [
    [['[Content_Types].xml', 'xl/workbook.xml'], /office document.*CSV/],
    [['xl/workbook.xml', 'docProps/app.xml', '[Content_Types].xml'], /office document.*CSV/],
    [['mimetype', 'content.xml', 'META-INF/manifest.xml'], /office document.*CSV/],
    [['data.npy', 'indices.npy'], /NumPy arrays/],
    [['model/data.pkl', 'model/data/0'], /PyTorch/],
  ] as const) {
    const path = f.write('sheet.xlsx', zipOf(names.map(member)));
    assert.match(await refusal('sheet.csv', zipOf(names.map(member))), message, names.join());
    await assert.rejects(
      loadDataset({ data: path }),
      { code: 'bad-data', message: /office document|NumPy arrays|PyTorch file/ },
      names.join(),
    );
  }
});

test('text that only starts like something else is text', async (t) => {
  const f = testFolder(t);
  for (const text of ['ORCID,item\n1,2\n', 'x^,y\n1,2\n', 'RDX,item\n', '<a>,b\n', 'version,item\n', 'Obj,item\n']) {
    const path = f.write('a.csv', text);
    assert.equal((await openSource(path, { folder: f.path })).path, path, text);
  }
});
