import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './_row.js';
import { syntheticData } from './data.js';
import type { RowReport } from './report.js';
import { rows } from './rows/index.js';

const here = dirname(fileURLToPath(import.meta.url));

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env };
  delete env.RECDISTILL_DATA;
  return spawnSync(process.execPath, [join(here, 'main.js'), ...args], { encoding: 'utf8', env });
}

test('every row prepares its first case and runs it; its peers exist', async () => {
  const data = syntheticData({ nUsers: 900, nItems: 300, train: 9000, valid: 1000, test: 1000 });
  const registry: Readonly<Record<string, BenchRow>> = rows;
  for (const [name, row] of Object.entries(registry)) {
    const { ours, peers, inputs, work } = await row.prepare(row.cases[0]!, { data, threads: 1 });
    try {
      await (ours.first ?? ours.run)();
      const result = Object.values(ours.result());
      assert.ok(result.length > 0 && result.every((t) => t.data.every(Number.isFinite)), name);
      assert.ok(Object.keys(inputs).length > 0 && /\d/.test(work), name);
      for (const { script } of peers) assert.ok(existsSync(join(here, '..', '..', 'bench', 'peers', script)), script);
    } finally {
      ours.close();
    }
  }
});

test('without a row the rows are listed, as text or as JSON', () => {
  const text = bench();
  assert.equal(text.status, 0);
  const json = JSON.parse(bench('--json').stdout) as { rows: { row: string }[] };
  assert.deepEqual(
    json.rows.map((r) => r.row),
    Object.keys(rows),
  );
  for (const { row } of json.rows) assert.match(text.stdout, new RegExp(`^ {2}${row} `, 'm'));
});

test('wrong usage exits with 2 and lists the known values', () => {
  const row = bench('top-9');
  assert.equal(row.status, 2);
  assert.match(row.stderr, /no benchmark row called "top-9"[\s\S]*top-k/);
  const name = bench('top-k', '--case', 'dim7');
  assert.equal(name.status, 2);
  assert.match(name.stderr, /no case of top-k called "dim7"[\s\S]*dim6/);
  const rounds = bench('top-k', '--rounds', '0');
  assert.equal(rounds.status, 2);
  assert.match(rounds.stderr, /whole number from 1/);
  assert.equal(bench('top-k', '--data', join(here, 'no-such-folder')).status, 1);
});

test('a missing peer is skipped with a sentence, and our own time is given', () => {
  const run = bench('lightgcn', '--json', '--rounds', '1', '--patience', '1', '--python', join(here, 'no-such-python'));
  assert.equal(run.status, 0, run.stderr);
  const report = JSON.parse(run.stdout) as RowReport;
  assert.match(
    report.notes[0]!,
    /PyTorch peers are skipped: .*no-such-python cannot be started; run "npm run bench -- setup"/,
  );
  assert.match(report.data, /synthetic/);
  assert.ok(report.cases[0]!.ours!.medianMs > 0);
  assert.deepEqual(report.cases[0]!.peers, []);
  assert.equal(report.ratioStock, undefined);
});
