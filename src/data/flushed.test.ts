/** What is renamed to its final name is flushed to disk before, and its folder after: a power failure leaves the old or the new content. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { writeFolder } from '../formats/index.js';
import { testFolder } from './folder.test.support.js';
import type { Rankings } from './rankings.js';
import { dataset } from './tiny-dataset.test.support.js';
import { writeRankingsTable } from './write-rankings.js';
import { writeSplit } from './write-split.js';

/** Flushes and renames in their order, as `fsync PATH` and `rename FROM TO`. */
function recorded(t: TestContext): string[] {
  const events: string[] = [];
  const paths = new Map<number, string>();
  const original = { open: fs.openSync, fsync: fs.fsyncSync, rename: fs.renameSync };
  mock.method(fs, 'openSync', (...args: Parameters<typeof fs.openSync>) => {
    const fd = original.open(...args);
    paths.set(fd, String(args[0]));
    return fd;
  });
  mock.method(fs, 'fsyncSync', (fd: number) => {
    events.push(`fsync ${paths.get(fd)}`);
    original.fsync(fd);
  });
  mock.method(fs, 'renameSync', (from: string, to: string) => {
    const inner = fs.statSync(from).isDirectory() ? fs.readdirSync(from).map((name) => join(from, name)) : [];
    const missing = [from, ...inner].filter((path) => !events.includes(`fsync ${path}`));
    events.push(...missing.map((path) => `NOT FLUSHED ${path}`), `rename ${from} ${to}`);
    original.rename(from, to);
  });
  t.after(() => mock.restoreAll());
  return events;
}

const skip = process.platform === 'win32' && 'Windows does not flush folders';

/** @param target what was renamed last of all to its final name */
function expectFlushed(events: readonly string[], target: string): void {
  const at = events.findLastIndex((event) => event.startsWith('rename ') && event.endsWith(` ${target}`));
  assert.ok(at >= 0, `${target} was not renamed: ${events.join('\n')}`);
  assert.ok(events.slice(at).includes(`fsync ${dirname(target)}`), `the folder of ${target} is not flushed`);
  const made = events.filter((event) => event.startsWith('NOT FLUSHED') && !event.includes('.old'));
  assert.deepEqual(made, []);
}

test('tables of rankings, splits and folders are flushed before their rename, and their folder after it', {
  skip,
}, async (t) => {
  const folder = testFolder(t).path;
  const events = recorded(t);
  const { nUsers, nItems } = dataset.train;
  const list: Rankings = { nUsers, nItems, depth: 1, items: new Int32Array(nUsers) };
  for (const name of ['lists.csv', 'lists.parquet', 'lists.jsonl.gz']) {
    await writeRankingsTable(join(folder, name), dataset, [{ lists: [list] }]);
    expectFlushed(events, join(folder, name));
  }
  await writeSplit(dataset, join(folder, 'split'));
  expectFlushed(events, join(folder, 'split'));
  writeFolder(
    join(folder, 'tables'),
    () => true,
    (temporary) => fs.writeFileSync(join(temporary, 'items.parquet'), 'PAR1'),
  );
  expectFlushed(events, join(folder, 'tables'));
});
