import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop, main } from './program.js';

const w = createWorkshop();
after(w.remove);

const CSV = `user,item\n${Array.from({ length: 300 }, (_, n) => `u${n % 6},i${n % 100}`).join('\n')}\n`;

/** Runs with `input` on standard input. */
async function piped(input: string, ...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [main, ...words], { cwd: w.folder });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}

test('standard input is read, and kept for the commands that come after', { timeout: 120_000 }, async () => {
  for (const name of ['-', '/dev/stdin']) {
    const seen = await piped(CSV, 'data', 'inspect', name, '--split', 'leave-one-out');
    assert.equal(seen.code, 0, seen.err);
    assert.match(seen.out, /users +6\n/);
  }
  assert.ok(!existsSync(w.path('runs')), 'inspect keeps nothing');
  const trained = await piped(CSV, 'train', 'top-pop', '--data', '-', '--split', 'leave-one-out');
  assert.equal(trained.code, 0, trained.err);
  assert.match(trained.err, /Standard input is kept as runs\/\.stdin\/[0-9a-f]{12}\.data/);
  const again = await piped(CSV, 'train', 'top-pop', '--data', '-', '--split', 'leave-one-out');
  assert.match(again.out, /was already finished/);
  assert.equal(readdirSync(w.path('runs', '.stdin')).length, 1);
  const judged = await w.run('evaluate', 'top-pop');
  assert.equal(judged.code, 0, judged.stderr);
  const empty = await piped('', 'train', 'top-pop', '--data', '-');
  assert.deepEqual([empty.code, /standard input: is empty/.test(empty.err)], [1, true], empty.err);
});
