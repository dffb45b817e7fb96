import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { count, has, itemCounts, itemsOf } from 'recdistill/data';
import { loadBenchData, syntheticData } from './data.js';

test('a split folder is read, named itself or by the folder that holds it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'recdistill-data-'));
  try {
    const folder = join(root, 'citeulike-hetcomp-split');
    await mkdir(folder);
    await writeFile(join(folder, 'train.tsv'), '0\t1\n2\t0\n2\t3\n');
    await writeFile(join(folder, 'valid.tsv'), '0\t2\n');
    await writeFile(join(folder, 'test.tsv'), '1\t4\r\n');
    for (const [named, env] of [
      [folder, {}],
      [root, {}],
      [undefined, { RECDISTILL_DATA: root }],
    ] as const) {
      const data = await loadBenchData(named, env);
      assert.deepEqual([data.nUsers, data.nItems, count(data.train)], [3, 5, 3]);
      assert.deepEqual([...itemsOf(data.train, 2)], [0, 3]);
      assert.equal(has(data.test, 1, 4), true);
      assert.doesNotMatch(data.source, /synthetic/);
    }
    await writeFile(join(folder, 'valid.tsv'), 'user\titem\n');
    await assert.rejects(loadBenchData(folder, {}), /a line is "user\titem"/);
    await rm(join(folder, 'valid.tsv'));
    await assert.rejects(loadBenchData(folder, {}), /valid\.tsv: there is no such file/);
    await assert.rejects(loadBenchData(join(root, 'other'), {}), /there is no such file/);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('synthetic data has the asked shape, disjoint parts and heavy tails, the same in every run', async () => {
  const shape = { nUsers: 300, nItems: 1500, train: 4000, valid: 1000, test: 1000 };
  const data = syntheticData(shape);
  assert.deepEqual([count(data.train), count(data.valid), count(data.test)], [4000, 1000, 1000]);
  for (let u = 0; u < shape.nUsers; u++) {
    for (const i of itemsOf(data.test, u)) assert.equal(has(data.train, u, i) || has(data.valid, u, i), false);
  }
  const counts = [...itemCounts(data.train)].sort((a, b) => b - a);
  assert.ok(counts[0]! > 8 * (4000 / 1500), 'the most popular item is far above the mean');
  assert.deepEqual(syntheticData(shape).train.indices, data.train.indices);
  assert.match(data.source, /synthetic/);
});
