import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createWorkshop, main } from './program.js';

const w = createWorkshop();
after(w.remove);
const skip = process.platform === 'win32' && 'Windows has no such signals and descriptors';

const CSV = `user,item\n${Array.from({ length: 300 }, (_, n) => `u${n % 6},i${n % 100}`).join('\n')}\n`;

test('a signal while data is read ends the process and leaves no temporary file', {
  skip,
  timeout: 60_000,
}, async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    for (const words of [
      ['data', 'inspect'],
      ['train', 'top-pop', '--data'],
    ]) {
      const [tmp, cwd] = [w.path(`tmp-${signal}-${words[0]}`), w.path(`cwd-${signal}-${words[0]}`)];
      for (const folder of [tmp, cwd]) mkdirSync(folder);
      const env = { ...process.env, TMPDIR: tmp };
      const child = spawn(process.execPath, [main, ...words, '-'], { cwd, env, stdio: ['pipe', 'ignore', 'inherit'] });
      const ended = new Promise((resolve) => child.on('exit', (code, by) => resolve({ code, by })));
      child.stdin.on('error', () => undefined).write(CSV);
      const holds = (folder: string) =>
        readdirSync(folder, { recursive: true }).some((name) => /input|tmp$/.test(String(name)));
      while (!holds(tmp) && !holds(cwd)) await setTimeout(10);
      child.kill(signal);
      // Node ends at SIGHUP by itself.
      assert.deepEqual(await ended, signal === 'SIGHUP' ? { code: null, by: signal } : { code: 1, by: null });
      assert.deepEqual([readdirSync(tmp), readdirSync(cwd)], [[], []], `${signal} ${words[0]}`);
    }
  }
});

test('if another listener handles the signal, the temporary folder remains until the work is done', { skip }, () => {
  const program = `
    import { withDatabase } from ${JSON.stringify(new URL('../data/duckdb.js', `file://${main}`).href)};
    import { existsSync } from 'node:fs';
    const heard = new Promise((resolve) => process.once('SIGTERM', resolve));
    let folder;
    const there = await withDatabase(async (db) => {
      folder = db.folder;
      process.kill(process.pid, 'SIGTERM');
      const alive = setInterval(() => {}, 10);
      await heard;
      clearInterval(alive);
      return existsSync(folder);
    });
    console.log(there, existsSync(folder), process.listenerCount('SIGTERM'), process.listenerCount('SIGHUP'));`;
  const seen = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  assert.equal(seen.stdout, 'true false 0 0\n', seen.stderr);
});

test('a folder for temporary files that cannot be used is named', { skip }, () => {
  const file = w.path('file');
  writeFileSync(file, '');
  writeFileSync(w.path('clicks.csv'), CSV);
  for (const TMPDIR of [w.path('none'), file]) {
    const seen = spawnSync(process.execPath, [main, 'data', 'inspect', 'clicks.csv'], {
      ...{ cwd: w.folder, encoding: 'utf8' as const },
      env: { ...process.env, TMPDIR },
    });
    assert.equal(seen.status, 1);
    assert.match(
      seen.stderr,
      new RegExp(`cannot write ${TMPDIR}: it is the folder for temporary files \\(set by TMPDIR\\): .* \\(E`),
    );
    assert.match(seen.stderr, /hint: Set TMPDIR to an existing, writable folder/);
  }
});

test('a standard input that is closed, a folder or empty is refused, and leaves no temporary file', { skip }, () => {
  for (const [input, message] of [
    ['<&-', /standard input: is closed, or \/dev\/null/],
    ['</dev/null', /standard input: is closed, or \/dev\/null/],
    ['</', /standard input: is a folder; expected data/],
    ['<file', /standard input: (?:the file )?is empty/],
  ] as const) {
    for (const words of ['data inspect /dev/stdin', 'train top-pop --data -']) {
      const line = `exec "$0" "$1" ${words} ${input}`;
      const seen = spawnSync('sh', ['-c', line, process.execPath, main], { cwd: w.folder, encoding: 'utf8' });
      assert.equal(seen.status, 1, line);
      assert.match(seen.stderr, message, line);
    }
  }
  assert.ok(!existsSync(w.path('runs')));
});
