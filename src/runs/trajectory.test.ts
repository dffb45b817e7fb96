import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { RecdistillError } from '../errors.js';
import { writeSealedJson } from '../formats/sealed-json.js';
import { readTrajectory, writeTrajectory } from './trajectory.js';

let dir: string;
let folder: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-trajectory-'));
  folder = join(dir, 'trajectory');
});
afterEach(() => {
  mock.restoreAll();
  fs.rmSync(dir, { recursive: true, force: true });
});

const rankings = (first: number): Rankings => ({
  ...{ nUsers: 2, depth: 2, nItems: 10 },
  items: Int32Array.of(first, 9, first, -1),
});
const trajectory = (offset = 0): Trajectory => ({
  teacher: 'bpr-mf',
  dataFingerprint: 'abc',
  checkpoints: [
    { epoch: 5, metrics: { 'recall@10': 0.1 }, rankings: rankings(offset) },
    { epoch: 20, metrics: { 'recall@10': 0.2 }, rankings: rankings(offset + 1) },
  ],
});
const refused = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === code && message.test(error.message);

test('a trajectory comes back, and replaces the one before', () => {
  writeTrajectory(folder, {
    ...trajectory(),
    checkpoints: [...trajectory().checkpoints, { epoch: 30, metrics: {}, rankings: rankings(3) }],
  });
  writeTrajectory(folder, trajectory(4));
  assert.deepEqual(readTrajectory(folder, { dataFingerprint: 'abc', nUsers: 2, nItems: 10 }), trajectory(4));
  assert.deepEqual(fs.readdirSync(folder).sort(), [
    '0-epoch-5.safetensors',
    '1-epoch-20.safetensors',
    'trajectory.json',
  ]);
});

test('the order of observed items, at a depth of its own, is kept where a teacher gives it', () => {
  const observed: Rankings = { nUsers: 2, depth: 3, nItems: 10, items: Int32Array.of(4, 5, 6, 7, -1, -1) };
  writeTrajectory(folder, { ...trajectory(), observed });
  assert.deepEqual(readTrajectory(folder), { ...trajectory(), observed });
  const other = { ...observed, nItems: 11 };
  assert.throws(() => writeTrajectory(folder, { ...trajectory(), observed: other }), TypeError);
  fs.copyFileSync(join(folder, '0-epoch-5.safetensors'), join(folder, 'observed.safetensors'));
  assert.throws(
    () => readTrajectory(folder),
    refused('artifact-damaged', /observed.*not the file that trajectory\.json lists/),
  );
  fs.rmSync(join(folder, 'observed.safetensors'));
  assert.throws(() => readTrajectory(folder), refused('file-missing', /observed/));
  writeTrajectory(folder, trajectory());
  assert.deepEqual(readTrajectory(folder), trajectory());
});

test('other data is refused with both values', () => {
  writeTrajectory(folder, trajectory());
  assert.throws(
    () => readTrajectory(folder, { dataFingerprint: 'xyz' }),
    refused('artifact-differs', /was abc, now xyz/),
  );
  assert.throws(() => readTrajectory(folder, { nUsers: 3 }), refused('artifact-differs', /users was 2, now 3/));
  assert.throws(() => readTrajectory(folder, { nItems: 11 }), refused('artifact-differs', /items was 10, now 11/));
});

test('missing, damaged and exchanged files are named', () => {
  assert.throws(() => readTrajectory(folder), refused('file-missing', /trajectory\.json/));
  writeTrajectory(folder, trajectory());
  const first = join(folder, '0-epoch-5.safetensors');
  const second = join(folder, '1-epoch-20.safetensors');
  const bytes = fs.readFileSync(first);
  fs.writeFileSync(first, fs.readFileSync(second));
  assert.throws(
    () => readTrajectory(folder),
    refused('artifact-damaged', /0-epoch-5.*not the file that trajectory\.json lists/),
  );
  bytes[bytes.length - 1]! ^= 16;
  fs.writeFileSync(first, bytes);
  assert.throws(() => readTrajectory(folder), refused('artifact-damaged', /0-epoch-5.*SHA-256/));
  fs.rmSync(first);
  assert.throws(() => readTrajectory(folder), refused('file-missing', /0-epoch-5/));
});

test('a flipped bit in any byte of the index is detected or has no effect', () => {
  writeTrajectory(folder, trajectory());
  const path = join(folder, 'trajectory.json');
  const bytes = fs.readFileSync(path);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at]! ^= 1 << (at & 7);
    fs.writeFileSync(path, bytes);
    try {
      assert.deepEqual(readTrajectory(folder), trajectory());
    } catch (error) {
      assert.ok(refused('artifact-damaged', /trajectory\.json/)(error), `byte ${at}: ${error}`);
    }
    bytes[at]! ^= 1 << (at & 7);
  }
});

test('an index that leads out of the folder or is of another version is refused', () => {
  writeTrajectory(folder, trajectory());
  const path = join(folder, 'trajectory.json');
  const head = { teacher: 't', dataFingerprint: 'abc', nUsers: 2, nItems: 10, depth: 2 };
  writeSealedJson(path, {
    format: 1,
    ...head,
    checkpoints: [{ epoch: 1, file: '../0-epoch-1.safetensors', checksum: '' }],
  });
  assert.throws(() => readTrajectory(folder), refused('artifact-damaged', /not a list of checkpoints/));
  writeSealedJson(path, { format: 2, ...head, checkpoints: [] });
  assert.throws(() => readTrajectory(folder), refused('artifact-differs', /format is 2/));
});

test('a full disk leaves the trajectory that was there', () => {
  writeTrajectory(folder, trajectory(4));
  mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  assert.throws(() => writeTrajectory(folder, trajectory()), refused('write-failed', /disk is full/));
  mock.restoreAll();
  assert.deepEqual(readTrajectory(folder), trajectory(4));
  assert.deepEqual(fs.readdirSync(dir), ['trajectory']);
});

test('checkpoints that do not belong together are refused', () => {
  const { checkpoints } = trajectory();
  const write = (list: Trajectory['checkpoints']) => () =>
    writeTrajectory(folder, { ...trajectory(), checkpoints: list });
  assert.throws(write([]), TypeError);
  assert.throws(write([...checkpoints].reverse()), /epoch 5 after 20/);
  const other = { ...checkpoints[1]!, rankings: { ...rankings(1), nItems: 11 } };
  assert.throws(write([checkpoints[0]!, other]), /other users, items or depth/);
  assert.equal(fs.existsSync(folder), false);
});
