import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { planMemory } from '../memory/index.js';
import { badFile } from './duckdb.js';
import { loadDataset } from './load.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-memory-'));
after(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => planMemory({ threads: 1 }));

const refused = (message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === 'out-of-memory' && message.test(error.message);

test('synthetic data that does not fit is refused before it is made', async () => {
  await assert.rejects(
    loadDataset({ data: 'synthetic:16000000x16000000x1000000000' }),
    refused(/synthetic:16000000x16000000x1000000000 needs \d+ MB \(data \d+ MB, reading \d+ MB/),
  );
  planMemory({ threads: 1, memoryLimit: 150e6 });
  await assert.rejects(loadDataset({ data: 'synthetic:5000x8000x3000000' }), refused(/150 MB by the memory limit/));
});

test('a file is refused by its size before it is read, and by its rows before they leave DuckDB', async () => {
  const path = join(folder, 'rows.csv');
  const rows = Array.from({ length: 60_000 }, (_, k) => `${k % 2000},${(k * 7) % 3001}`);
  writeFileSync(path, `user,item\n${rows.join('\n')}\n`);
  planMemory({ threads: 1, memoryLimit: 182e6 });
  await assert.rejects(loadDataset({ data: path }), refused(/rows with about 4\d{4} rows needs/));
  // A condition may select any number of rows, so that only the exact number counts.
  await assert.rejects(loadDataset({ data: path, where: 'item >= 0' }), refused(/rows with about 60000 rows needs/));
  planMemory({ threads: 1, memoryLimit: 400e6 });
  const { train, memory } = await loadDataset({ data: path });
  assert.ok(train.indices.length > 0 && memory!.held.length === 2 && memory!.reading > 0);
});

test('a file of names counts, and is refused by its size before it is read', async () => {
  const [path, labels] = [join(folder, 'few.csv'), join(folder, 'names.tsv')];
  const rows = Array.from({ length: 600 }, (_, k) => `${k % 60},${(k * 7) % 101}`);
  writeFileSync(path, `user,item\n${rows.join('\n')}\n`);
  const names = Array.from({ length: 100_000 }, (_, k) => `${k}\tthe item with the number ${k}\n`);
  writeFileSync(labels, names.join(''));
  const plain = await loadDataset({ data: path });
  const named = await loadDataset({ data: path, labels });
  // (1,226 - 755) MB were measured for 1,000,000 names of 49 characters.
  const more = named.memory!.reading - plain.memory!.reading;
  assert.ok(more > 100_000 * 330 && more < 100_000 * 471, `${more} bytes`);
  planMemory({ threads: 1, memoryLimit: 200e6 });
  await assert.rejects(loadDataset({ data: path, labels }), refused(/names\.tsv with about 7\d{4} names needs/));
});

test('a full folder for temporary files is an error of its own, with what to do', () => {
  for (const text of [
    'IO Error: Could not write file "/tmp/x.tmp": No space left on device',
    'Out of Memory Error: failed to offload data block (max_temp_directory_size of 1.0 GiB)',
  ]) {
    assert.throws(() => badFile('rows.csv', new Error(text)), {
      code: 'write-failed',
      message: /reading rows\.csv needs/,
      hint: /TMPDIR/,
    });
  }
  assert.throws(() => badFile('rows.csv', new Error('Out of Memory Error: (1/2 MB used)')), { code: 'out-of-memory' });
});
