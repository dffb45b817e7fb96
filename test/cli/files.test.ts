/** What is at a path may be no file: pipes and devices as any argument end in a moment, with a sentence. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { openSync, truncateSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop, main } from './program.js';

const w = createWorkshop();
after(w.remove);
const skip = process.platform === 'win32';

/** Waits no longer than this for what would otherwise wait forever. */
const bounded = { timeout: 60_000, skip };

test('a pipe or a device as a plan, preset, module or run is refused', bounded, async () => {
  execFileSync('mkfifo', [w.path('pipe.json')]);
  const train = ['train', 'top-pop', '--data', 'synthetic:60x40x600'];
  const cases = [
    [['run', 'pipe.json'], /pipe\.json: it is a pipe; expected a regular file/],
    [[...train, '--preset', './pipe.json'], /pipe\.json: it is a pipe/],
    [[...train, '--use', './pipe.json'], /pipe\.json: it is a pipe or a device/],
    [['run', '/dev/zero'], /\/dev\/zero: it is a device/],
    [['data', 'inspect', '/dev/zero'], /\/dev\/zero: is a device; expected a file/],
    [['report', '/dev/zero'], /\/dev\/zero/],
  ] as const;
  for (const [words, message] of cases) {
    const { code, stderr } = await w.run(...words);
    assert.ok(code === 1 || code === 2, `${words.join(' ')}: ${code} ${stderr}`);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /internal error/);
  }
});

test('a pipe as data says that it waits for a writer, and then reads', bounded, async () => {
  execFileSync('mkfifo', [w.path('clicks.csv')]);
  const reading = w.start('data', 'inspect', 'clicks.csv', '--min-user', '1');
  await reading.seen(/clicks\.csv is a pipe: waiting for a program that writes to it/);
  const rows = Array.from({ length: 300 }, (_, n) => `u${n % 6},i${n % 100}`).join('\n');
  writeFileSync(w.path('clicks.csv'), `user,item\n${rows}\n`);
  const { code, stdout, stderr } = await reading.ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /users +6\n/);
});

test('a device as standard input is refused', bounded, async () => {
  const child = spawn(process.execPath, [main, 'data', 'inspect', '-'], {
    stdio: [openSync('/dev/zero', 'r'), 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (text) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual([code, /standard input: is a device/.test(said)], [1, true], said);
});

test('plans that would take the parser minutes or all memory are refused', bounded, async () => {
  for (const [text, message] of [
    ['['.repeat(20_000), /deep\.yaml is too large to read: it is nested deeper than 32 levels/],
    ['? '.repeat(401), /deep\.yaml is too large to read: it is nested deeper/],
  ] as const) {
    writeFileSync(w.path('deep.yaml'), text);
    const { code, stderr } = await w.run('run', 'deep.yaml');
    assert.equal(code, 1, stderr);
    assert.match(stderr, message);
    assert.match(stderr, /hint: Divide it/);
  }
  truncateSync(w.path('deep.yaml'), 2 ** 31);
  assert.match((await w.run('run', 'deep.yaml')).stderr, /it has 2147483648 bytes; at most 131072/);
});
