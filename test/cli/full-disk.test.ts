import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop, lastingFiles, main } from './program.js';

const w = createWorkshop();
after(w.remove);

const TRAIN = [
  'train',
  'bpr-mf',
  '--data',
  'synthetic:200x150x4000',
  '--dim',
  '64',
  '--epochs',
  '6',
  '--evaluate-every',
  '1',
];
const LIMIT_KB = 200;

/**
 * A full disk is stood for by a limit on the size of a file: the write stops half way with an error, as on a disk that has just filled up.
 * The tables of a checkpoint (some 350 KB) do not fit, smaller files do.
 */
test('a full disk during a checkpoint gives a clear error and no partial file, and the run can resume', {
  skip: process.platform === 'win32' && 'Windows has no limit on file sizes to stand for a full disk',
}, async () => {
  const words = [...TRAIN, '--name', 'full'];
  const limited = spawnSync('bash', ['-c', `ulimit -f ${LIMIT_KB}; exec "$0" "$@"`, process.execPath, main, ...words], {
    cwd: w.folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(limited.status, 1, limited.stderr);
  assert.match(limited.stderr, /error: cannot write .*epoch-000001\.safetensors/);
  assert.match(limited.stderr, /hint: /);
  const left = readdirSync(w.path('runs', 'full'), { recursive: true }).map(String);
  assert.deepEqual(
    left.filter((name) => name.endsWith('.tmp') || /epoch-.*safetensors/.test(name)),
    [],
  );

  const [resumed, straight] = [await w.run(...words), await w.run(...TRAIN, '--name', 'straight')];
  assert.deepEqual([resumed.code, straight.code], [0, 0], resumed.stderr + straight.stderr);
  assert.deepEqual(lastingFiles(w.path('runs', 'full')), lastingFiles(w.path('runs', 'straight')));
});
