import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readSealedLines } from '../formats/lines.js';
import { openRunFolder, type RunFolder } from './run-folder.js';
import { newFolder } from './small.test.support.js';

const spec = { kind: 'train', options: { seed: 1 }, dataFingerprint: 'f' };

/** The owner of the lock becomes one on another host that has not renewed its lease for an hour. */
function ownerIsGone(folder: string): void {
  const lock = join(folder, 'lock');
  const owner = JSON.parse(fs.readFileSync(lock, 'utf8')) as object;
  fs.writeFileSync(lock, JSON.stringify({ ...owner, host: 'elsewhere', boot: 'another' }));
  const old = Date.now() / 1000 - 3600;
  fs.utimesSync(lock, old, old);
}

/** Another process takes the run over at the next call of `call`, which the first owner makes. */
function takenOverAt(t: TestContext, call: 'writeSync', folder: string): () => RunFolder | undefined {
  let successor: RunFolder | undefined;
  const original = fs[call];
  const mock = t.mock.method(fs, call, (...args: unknown[]) => {
    mock.mock.restore();
    ownerIsGone(folder);
    successor = openRunFolder(folder, spec);
    successor.event({ type: 'of the successor' });
    return (original as (...args: unknown[]) => unknown)(...args);
  });
  return () => successor;
}

test('an owner that was paused between its confirmation and its write does not write into the log of its successor', (t) => {
  const folder = newFolder();
  const first = openRunFolder(folder, spec);
  first.event({ type: 'before' });
  const successor = takenOverAt(t, 'writeSync', folder);
  // Its lock is confirmed; then, before the line is written, the run is taken over.
  first.event({ type: 'too late' });
  assert.ok(successor(), 'the run was taken over meanwhile');
  successor()!.event({ type: 'after' });
  const types = readSealedLines(join(folder, 'events.jsonl'), true).map(({ type, seq }) => `${seq} ${type}`);
  assert.deepEqual(types, ['1 before', '2 of the successor', '3 after']);
  assert.throws(() => first.event({ type: 'even later' }), { code: 'lock-lost' });
  assert.throws(() => first.writeResult('result.json', {}), { code: 'lock-lost' });
  successor()!.close();
  first.close();
});
