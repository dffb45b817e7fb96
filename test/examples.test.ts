/** Every example runs as a user would run it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const node = (args: string[]) =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 240_000 });

test('examples/ten-lines.mjs prints a recall for every teacher, the ensemble and both students', () => {
  const lines = node([join('examples', 'ten-lines.mjs'), 'synthetic:200x200x4000'])
    .trim()
    .split('\n');
  const rows = lines.map((line) => line.trim().split(/\s+/));
  assert.deepEqual(
    rows.map((r) => r[1]),
    ['bpr-mf', 'lightgcn', 'ensemble', 'student-none', 'student-hetcomp'],
  );
  for (const r of rows) assert.ok(Number(r[2]) > 0 && Number(r[2]) <= 1, r.join(' '));
});

test('examples/pipeline.yaml runs through the command line', () => {
  const runs = mkdtempSync(join(tmpdir(), 'recdistill-example-'));
  try {
    const out = JSON.parse(
      node([join('dist', 'cli', 'main.js'), 'run', join('examples', 'pipeline.yaml'), '--runs', runs, '--json']),
    );
    assert.deepEqual(
      out.rows.map((r: { name: string }) => r.name),
      ['top-pop', 'ease', 'bpr-mf', 'lightgcn', 'ensemble', 'alone', 'taught'],
    );
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
});
