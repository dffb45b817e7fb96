import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { writeSealedJson } from '../formats/sealed-json.js';
import {
  expectSameRun,
  firstDifference,
  makeManifest,
  type RunSpec,
  readManifest,
  runHash,
  writeManifest,
} from './run-manifest.js';

const spec: RunSpec = { kind: 'train', options: { model: 'bpr-mf', dim: 64, seed: 7 }, dataFingerprint: 'f00d' };

let dir: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-manifest-'));
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('the hash depends only on the identity of a run', () => {
  // Fixed for ever within one format version: it names artifacts that are already on disks.
  assert.equal(runHash(spec), '04c65a051489a0ccc9f7dbd96aa7749fbf325de4add9ce7984dfa8d9fd80cb1e');
  assert.equal(
    runHash({ ...spec, options: { seed: 7, dim: 64, model: 'bpr-mf', absent: undefined }, inputs: {} }),
    runHash(spec),
  );
  const others: RunSpec[] = [
    { ...spec, kind: 'distill' },
    { ...spec, options: { ...spec.options, dim: 32 } },
    { ...spec, options: { ...spec.options, extra: null } },
    { ...spec, dataFingerprint: 'beef' },
    { ...spec, inputs: { teacher: 'abc' } },
  ];
  assert.equal(new Set([spec, ...others].map(runHash)).size, 1 + others.length);
  assert.equal(makeManifest(spec, { threads: 1 }).hash, makeManifest(spec, { threads: 4, simd: true }).hash);
});

test('a manifest is read back with host and setting of the run', () => {
  const path = join(dir, 'manifest.json');
  const manifest = makeManifest(spec, { threads: 2, simd: true });
  writeManifest(path, manifest);
  assert.deepEqual(readManifest(path), manifest);
  assert.equal(manifest.seed, 7);
  assert.equal(manifest.host.node, process.version);
  assert.match(manifest.host.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual([manifest.host.threads, manifest.host.simd], [2, true]);
  assert.equal(makeManifest({ ...spec, options: {} }).seed, null);
});

test('a flipped bit in any byte of a manifest is detected or has no effect', () => {
  const path = join(dir, 'flipped.json');
  const manifest = makeManifest(spec);
  writeManifest(path, manifest);
  const bytes = fs.readFileSync(path);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at]! ^= 1 << (at & 7);
    fs.writeFileSync(path, bytes);
    try {
      assert.deepEqual(readManifest(path), manifest);
    } catch (error) {
      assert.ok(error instanceof RecdistillError && error.code === 'artifact-damaged', `byte ${at}: ${error}`);
      assert.match(error.hint, /--overwrite/);
    }
    bytes[at]! ^= 1 << (at & 7);
  }
});

test('a manifest of a later version is not guessed at', () => {
  const path = join(dir, 'later.json');
  writeSealedJson(path, { ...makeManifest(spec), format: 2 });
  assert.throws(() => readManifest(path), {
    code: 'run-format',
    message: /has format 2 and was written by recdistill \d/,
  });
});

test('the first field that differs is named with both values', () => {
  const cases: [Partial<RunSpec>, RegExp][] = [
    [{ kind: 'distill' }, /different kind: kind was "train", now it is "distill"/],
    [{ dataFingerprint: 'beef' }, /different data: dataFingerprint was "f00d", now it is "beef"/],
    [{ options: { ...spec.options, seed: 8, dim: 32 } }, /different options: options.dim was 64, now it is 32/],
    [{ options: { ...spec.options, l2: 0.1 } }, /different options: options.l2 was absent, now it is 0.1/],
    [{ options: { dim: 32, alpha: 1, model: 'ease' } }, /different options: model was "bpr-mf", now it is "ease"/],
    [{ inputs: { teacher: 'abc' } }, /different inputs: "teacher" was absent, now it is abc/],
    [{ options: { ...spec.options, model: 'x'.repeat(1000) } }, /now it is "x{79}\.\.\.$/],
  ];
  for (const [change, message] of cases) {
    const now = makeManifest({ ...spec, ...change });
    assert.throws(() => expectSameRun('runs/a', makeManifest(spec), now), { code: 'run-differs', message });
  }
  expectSameRun('runs/a', makeManifest(spec), makeManifest(spec, { threads: 3 }));
  assert.deepEqual(firstDifference({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, 'x'), {
    ...{ field: 'x.a', before: [1, { b: 2 }], now: [1, { b: 3 }] },
  });
});
