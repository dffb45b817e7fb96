import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { readExternalRankings } from './external.js';
import { testFolder } from './folder.test.support.js';
import { type Rankings, rankingOf } from './rankings.js';
import { dataset, datasetOf } from './tiny-dataset.test.support.js';
import { writeRankingsTable } from './write-rankings.js';

/** Ids with everything that a format has to bear. */
const id = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'ab1 ,";|\t\'\\ü漢😀\n\r{}:#-') }),
    fc.integer().map(String),
  )
  .filter((text) => text.trim() !== '');
const ids = fc.uniqueArray(id, { minLength: 2, maxLength: 6 });

test('ranges of users together have the lines of all users', async (t) => {
  const folder = testFolder(t);
  const own = datasetOf(['a', 'b', 'c'], ['x', 'y']);
  const lists = [{ lists: [{ nUsers: 3, nItems: 2, depth: 2, items: Int32Array.of(1, 0, 0, -1, 1, -1) }] }];
  const linesOf = async (name: string, range?: readonly [number, number]) => {
    const path = join(folder.path, name);
    await writeRankingsTable(path, own, lists, range);
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  };
  const all = await linesOf('all.csv');
  assert.equal(all.length, 4);
  assert.deepEqual([...(await linesOf('0.csv', [0, 1])), ...(await linesOf('1.csv', [1, 3]))], all);
});

test('a written split is read back unchanged with any ids and format', async (t) => {
  const folder = testFolder(t);
  const shuffledItems = ids.chain((items) =>
    fc.tuple(fc.constant(items), fc.array(fc.shuffledSubarray([...items.keys()]), { minLength: 24, maxLength: 24 })),
  );
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      ids,
      shuffledItems,
      fc.constantFrom('csv', 'tsv', 'jsonl', 'parquet', 'csv.gz', 'jsonl.zst'),
      async (users, [items, orders], format) => {
        const own = datasetOf(users, items);
        const held = (u: number) => new Set(own.train.indices.subarray(own.train.indptr[u], own.train.indptr[u + 1]));
        const depth = items.length;
        let k = 0;
        const rankings = (wanted: (item: number, u: number) => boolean): Rankings => {
          const flat = new Int32Array(users.length * depth).fill(-1);
          users.forEach(
            (_, u) =>
              void flat.set(
                orders[k++ % orders.length]!.filter((i) => wanted(i, u)),
                u * depth,
              ),
          );
          return { nUsers: users.length, nItems: items.length, depth, items: flat };
        };
        const [early, late] = [rankings((i, u) => !held(u).has(i)), rankings((i, u) => !held(u).has(i))];
        const observed = rankings((i, u) => held(u).has(i));
        const anything = (r: Rankings) => r.items.some((i) => i >= 0);
        // A user must be in both checkpoints or in none: else the gap is filled.
        for (const u of users.keys()) {
          if (rankingOf(early, u).length > 0 && rankingOf(late, u).length > 0) continue;
          for (const r of [early, late]) r.items.fill(-1, u * depth, (u + 1) * depth);
        }
        fc.pre(anything(early));
        const path = join(folder.path, `${n++}.${format}`);
        await writeRankingsTable(path, own, [
          { teacher: 't "1", ü', checkpoint: 2, lists: [early] },
          { teacher: 't "1", ü', checkpoint: 10, lists: [late, observed] },
        ]);
        const { teachers, report } = await readExternalRankings(path, own, depth);
        assert.deepEqual(
          teachers.map((x) => [x.name, x.trajectory.checkpoints.map((c) => [c.epoch, c.rankings])]),
          [
            [
              't "1", ü',
              [
                [2, early],
                [10, late],
              ],
            ],
          ],
        );
        assert.deepEqual(teachers[0]!.trajectory.observed, anything(observed) ? observed : undefined);
        assert.deepEqual([report.unknownUsers.ids, report.unknownItems.ids, report.duplicates.count], [0, 0, 0]);
      },
    ),
    { numRuns: 40 },
  );
});

test('a failed write leaves no file', async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder.path, 'file'), '');
  const list = { nUsers: 3, nItems: 6, depth: 1, items: Int32Array.from([1, 0, 0]) };
  await assert.rejects(writeRankingsTable(join(folder.path, 'file', 'out.csv'), dataset, [{ lists: [list] }]), {
    code: 'write-failed',
  });
  await assert.rejects(writeRankingsTable(join(folder.path, 'out.xls'), dataset, [{ lists: [list] }]), {
    code: 'usage',
  });
});
