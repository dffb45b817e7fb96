import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { auto, loadData } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'recdistill-auto-call-'));
after(() => rmSync(root, { recursive: true }));

const data = await loadData('synthetic:60x80x900');
const call = { data, at: [5, 10], selectBy: 'recall@10', timeBudget: '3s', keep: '50%', folder: join(root, 'auto') };

test('auto gives the chosen run, its rows and the frontier; a second call reads it back', async () => {
  const { chosen, keeps, share, rows, frontier, toText } = await auto(call);
  assert.ok(keeps && share >= 0.5);
  const row = rows.find((r) => r.what === 'chosen')!;
  assert.deepEqual([chosen.name, chosen.metrics['recall@10']], [row.name, row.metrics['recall@10']]);
  assert.ok(frontier.some((c) => c.name === chosen.name));
  assert.match(toText(), /^chosen +/m);
  const again = await auto(call);
  assert.deepEqual(again.rows, rows);
});

test('options that are wrong, before any work', async () => {
  const refused = (code: string) => (e: unknown) => e instanceof RecdistillError && e.code === code;
  await assert.rejects(auto({ ...call, keep: '95' }), refused('bad-option'));
  await assert.rejects(auto({ ...call, budget: '1h' } as never), refused('unknown-option'));
  await assert.rejects(auto({ ...call, data: undefined as never }), refused('usage'));
  await assert.rejects(auto({ ...call, timeBudget: '1s' }), refused('needs-not-met'));
  await assert.rejects(auto({ ...call, selectBy: 'recall@20' }), refused('bad-option'));
});
