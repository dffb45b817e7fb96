import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { itemsOf } from '../data/index.js';
import { evaluate } from './evaluate.js';
import { openRun } from './open-run.js';
import { judged, quick, smallData } from './small.test.support.js';
import { distill, train } from './train.js';

const root = mkdtempSync(join(tmpdir(), 'recdistill-final-'));
after(() => rmSync(root, { recursive: true }));

test('final: true trains teachers and student again, in memory and in folders, with the same result', async () => {
  const data = await smallData();
  const make = async (folder?: string) => {
    const place = (name: string) => (folder === undefined ? {} : { folder: join(folder, name) });
    const teachers = [
      await train('bpr-mf', { data, ...quick, ...place('bpr') }),
      await train('ease', { data, ...judged, ...place('ease') }),
    ];
    return distill('rrd', { teachers, student: 'bpr-mf', ...quick, ...place('student'), final: true });
  };
  const [memory, folder] = [await make(), await make(root)];
  const final = memory.final!;
  assert.deepEqual(final.rankings.items, folder.final!.rankings.items);
  assert.deepEqual([final.metrics, final.repeated], [memory.metrics, { run: memory.hash, data: data.fingerprint }]);
  assert.ok(existsSync(join(root, 'bpr', 'final', 'result.json')));
  for (const run of [memory, final]) {
    const [user] = data.users.ids;
    const own = new Set([data.train, data.valid, data.test].flatMap((x) => [...itemsOf(x, 0)]));
    const list = run.recommend(user!, { k: 40 });
    assert.equal(list.length, 40 - own.size);
    assert.ok(list.every(({ itemId }) => !own.has(data.items.index.get(itemId)!)));
  }
  assert.throws(() => evaluate(final), /trained on all interactions/);
  await assert.rejects(
    distill('rrd', { teachers: [final], student: 'bpr-mf', data, ...quick }),
    /a teacher, .*final fit.*, was trained on all interactions/,
  );
  const opened = await openRun(join(root, 'student', 'final'), { data });
  assert.deepEqual([opened.repeated?.run, opened.metrics], [folder.hash, folder.metrics]);
});

test('a model that is not served from factors recommends nothing that a user owns', async () => {
  const data = await smallData();
  const run = await train('mult-vae', { data, ...judged, epochs: 2, hidden: 8, dim: 4 });
  const own = new Set([data.train, data.valid, data.test].flatMap((x) => [...itemsOf(x, 0)]));
  assert.ok(
    run.recommend(data.users.ids[0]!, { k: 10 }).every(({ itemId }) => !own.has(data.items.index.get(itemId)!)),
  );
});
