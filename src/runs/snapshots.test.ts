import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { Rankings } from '../data/rankings.js';
import { runSync } from '../progress.js';
import { newFolder } from './small.test.support.js';
import { createSnapshots, type Snapshots } from './snapshots.js';

/** A ranking that says which epoch it is of. */
const rankingsOf = (epoch: number): Rankings => ({
  nUsers: 2,
  nItems: 5000,
  depth: 2,
  items: Int32Array.of(epoch, epoch + 1, epoch, -1),
});

const four = { checkpoints: 4, spread: 'epochs' } as const;
const recall = (metrics: Readonly<Record<string, number>>) => metrics['recall@10']!;
const add = (s: Snapshots, epoch: number, best: boolean) =>
  runSync(s.add(epoch, rankingsOf(epoch), { 'recall@10': epoch / 1000 }, best));

for (const [where, folderOf] of [
  ['in memory', () => undefined],
  ['on disk', newFolder],
] as const) {
  test(`snapshots ${where}: few are kept, spread over the run, and the best one always`, () => {
    const folder = folderOf();
    const snapshots = createSnapshots(5, folder);
    for (let epoch = 5; epoch <= 1000; epoch += 5) {
      add(snapshots, epoch, epoch <= 715);
      if (epoch % 100 === 0) runSync(snapshots.flush());
      if (folder && epoch === 95) assert.ok(!existsSync(folder), 'nothing is written before flush');
    }
    if (folder) assert.ok(readdirSync(folder).length <= 42);
    const chosen = runSync(snapshots.choose(715, four, recall));
    assert.equal(chosen.length, 4);
    assert.equal(chosen.at(-1)!.epoch, 715);
    for (const [at, target] of [179, 358, 536].entries()) assert.ok(Math.abs(chosen[at]!.epoch - target) <= 80);
    if (folder) assert.ok(readdirSync(folder).length <= 4, 'the other snapshots are removed');
    for (const c of chosen) {
      assert.deepEqual(c.rankings, rankingsOf(c.epoch));
      assert.deepEqual(c.metrics, { 'recall@10': c.epoch / 1000 });
    }
    snapshots.remove();
    if (folder) assert.ok(!existsSync(folder));
  });
}

test('snapshots on disk are read by the process that resumes', () => {
  const folder = newFolder();
  for (const epoch of [1, 2, 3]) {
    const snapshots = createSnapshots(1, folder);
    add(snapshots, epoch, epoch === 2);
    runSync(snapshots.flush());
  }
  const epochs = runSync(createSnapshots(1, folder).choose(2, four, recall));
  assert.deepEqual(
    epochs.map((c) => c.epoch),
    [1, 2],
  );
});

test('snapshots that would take much memory are written at once', () => {
  const folder = newFolder();
  const snapshots = createSnapshots(1, folder, 2 * rankingsOf(1).items.byteLength);
  for (const epoch of [1, 2]) add(snapshots, epoch, true);
  assert.ok(!existsSync(folder));
  add(snapshots, 3, true);
  assert.deepEqual(
    readdirSync(folder).sort(),
    ['1', '2', '3', 'best'].map((name) => `${name}.safetensors`),
  );
});
