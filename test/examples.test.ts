/** Every example runs as a user would run it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const node = (args: string[], cwd = root) =>
  execFileSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 240_000 });

test('examples/pipeline.yaml runs through the command line', () => {
  const runs = mkdtempSync(join(tmpdir(), 'recdistill-example-'));
  try {
    const out = JSON.parse(
      node([join('dist', 'cli', 'main.js'), 'run', join('examples', 'pipeline.yaml'), '--runs', runs, '--json']),
    );
    assert.deepEqual(
      out.rows.map((r: { name: string }) => r.name),
      ['top-pop', 'ease', 'bpr-mf', 'lightgcn', 'ensemble', 'alone-ials-dim6', 'alone-mf-dim6', 'alone', 'taught'],
    );
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
});

test('examples/external.yaml learns from rankings that came from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-example-'));
  const recdistill = (...words: string[]) => node([join(root, 'dist', 'cli', 'main.js'), ...words], folder);
  try {
    recdistill('train', 'ease', '--data', 'synthetic:400x500x9000');
    recdistill('rankings', 'ease', '--out', 'theirs.csv');
    const out = JSON.parse(recdistill('run', join(root, 'examples', 'external.yaml'), '--json'));
    assert.deepEqual(
      out.rows.map((r: { name: string; parameters?: number }) => [r.name, r.parameters !== undefined]),
      [
        ['theirs', false],
        ['bpr-mf', true],
        ['ensemble', false],
        ['alone-ials-dim6', true],
        ['alone-mf-dim6', true],
        ['alone', true],
        ['taught', true],
      ],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
