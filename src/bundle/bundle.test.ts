import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, mock, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { writeSafetensors } from '../formats/safetensors.js';
import { readSealedJson, writeSealedJson } from '../formats/sealed-json.js';
import { parseBundle } from '../student/parse-bundle.js';
import { createStudent } from '../student/student.js';
import { StudentError } from '../student/student-error.js';
import type { StudentModel } from '../student/student-model.js';
import { type BundleNotes, readBundle, writeBundle } from './bundle.js';

let dir: string;
let folder: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-bundle-'));
  folder = join(dir, 'student');
});
afterEach(() => mock.restoreAll());
after(() => fs.rmSync(dir, { recursive: true, force: true }));

const model: StudentModel = {
  ...{ nUsers: 2, nItems: 3, dim: 2 },
  userFactors: Float32Array.of(1, 0, 0, 1),
  itemFactors: Float32Array.of(1, 0, 0.5, 0.5, 0, 1),
  itemBiases: Float32Array.of(0, 0.25, 0),
  userIds: ['ann, "the" first', '☃'],
  itemIds: ['a', 'x'.repeat(5000), 'c'],
  labels: ['A', '', 'C\n'],
  seen: { indptr: Int32Array.of(0, 1, 1), indices: Int32Array.of(0) },
};
const notes: BundleNotes = {
  dataFingerprint: 'f00d',
  licence: 'research only',
  madeBy: { method: 'hetcomp', epochs: 3 },
  metrics: { 'recall@10': 0.25 },
};
const is = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === code && message.test(error.message);

test('a bundle comes back whole and recommends without the training data', async () => {
  writeBundle(folder, model, notes);
  const bundle = await readBundle(folder);
  assert.deepEqual(bundle.model, model);
  const { dataFingerprint, licence, madeBy, metrics } = bundle.manifest;
  assert.deepEqual({ dataFingerprint, licence, madeBy, metrics }, notes);
  const list = createStudent(bundle.model).recommend('ann, "the" first');
  assert.deepEqual(
    list.map(({ itemId }) => itemId),
    [model.itemIds[1], 'c'],
  );
});

test('the smallest bundle has no biases, labels or known items', async () => {
  const { itemBiases, labels, seen, ...smallest } = model;
  writeBundle(folder, smallest, notes);
  assert.deepEqual((await readBundle(folder)).model, smallest);
});

test('the same student gives the same bytes', () => {
  const bytes = (): Record<string, string> =>
    Object.fromEntries(fs.readdirSync(folder).map((f) => [f, fs.readFileSync(join(folder, f), 'base64')]));
  writeBundle(folder, model, notes);
  const first = bytes();
  writeBundle(folder, model, notes);
  assert.deepEqual(bytes(), first);
});

test('a flipped bit in any byte of any file is detected or has no effect', async () => {
  const short = { ...model, itemIds: ['a', 'b', 'c'] };
  writeBundle(folder, short, notes);
  const files = fs.readdirSync(folder);
  assert.deepEqual(files.sort(), ['items.json', 'manifest.json', 'student.safetensors', 'users.json']);
  for (const file of files) {
    const path = join(folder, file);
    const bytes = fs.readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      bytes[at]! ^= 1 << (at & 7);
      fs.writeFileSync(path, bytes);
      try {
        const read = await readBundle(folder);
        assert.equal(file, 'manifest.json');
        assert.deepEqual(read.model, short);
      } catch (error) {
        assert.ok(is(versionBits(error), new RegExp(file))(error), `${file}, byte ${at}: ${error}`);
      }
      bytes[at]! ^= 1 << (at & 7);
    }
    fs.writeFileSync(path, bytes);
  }
});

/** A flipped bit in the version number reads as another version, which is refused as such. */
const versionBits = (error: unknown): string =>
  error instanceof RecdistillError && error.code === 'artifact-differs' ? 'artifact-differs' : 'artifact-damaged';

test('a truncated, missing or exchanged file is named', async () => {
  for (const file of ['items.json', 'manifest.json', 'student.safetensors', 'users.json']) {
    writeBundle(folder, model, notes);
    const path = join(folder, file);
    fs.truncateSync(path, fs.statSync(path).size - 1);
    // The last byte of a manifest is a line end, without which it says the same.
    if (file !== 'manifest.json') await assert.rejects(readBundle(folder), is('artifact-damaged', new RegExp(file)));
    fs.truncateSync(path, 0);
    await assert.rejects(readBundle(folder), is('artifact-damaged', new RegExp(file)));
    fs.rmSync(path);
    await assert.rejects(readBundle(folder), is('file-missing', new RegExp(file)));
  }
});

/** A bundle whose hashes are right, but whose tensors are `tensors`. */
async function forge(tensors: Parameters<typeof writeSafetensors>[1], fields: object = {}): Promise<void> {
  writeBundle(folder, model, notes);
  const path = join(folder, 'student.safetensors');
  writeSafetensors(path, tensors);
  const manifest = readSealedJson(join(folder, 'manifest.json'));
  const bytes = fs.readFileSync(path);
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex');
  const files = { ...(manifest.files as object), 'student.safetensors': { bytes: bytes.length, sha256: digest } };
  writeSealedJson(join(folder, 'manifest.json'), { ...manifest, files, ...fields });
}

test('right hashes do not excuse wrong content', async () => {
  const parts = {
    'user.factors': { shape: [2, 2], data: model.userFactors },
    'item.factors': { shape: [3, 2], data: model.itemFactors },
  };
  await forge(parts);
  assert.equal((await readBundle(folder)).model.nUsers, 2);
  const nan = { shape: [3, 2], data: Float32Array.of(1, 0, 0, Number.NaN, 0, 0) };
  const cases: [Parameters<typeof writeSafetensors>[1], object, RegExp][] = [
    [{ ...parts, 'item.factors': nan }, {}, /itemFactors has NaN at position 3/],
    [{ 'user.factors': parts['user.factors'] }, {}, /no tensor "item.factors"/],
    [{ ...parts, 'user.factors': { shape: [4, 1], data: model.userFactors } }, {}, /shape \[4,1\]/],
    [{ ...parts, 'item.factors': { shape: [3, 2], data: new Float64Array(6) } }, {}, /Float64Array/],
    [{ ...parts, 'seen.indptr': { shape: [3], data: new Int32Array(3) } }, { formatVersion: 2 }, /only one of/],
    [{ ...parts, seen: { shape: [3], data: Uint8Array.of(1, 3, 0) } }, {}, /row 0 of "seen" has item 3 of 3/],
    [{ ...parts, seen: { shape: [2], data: Uint8Array.of(9, 0) } }, {}, /row 0 of "seen" has 9 entries/],
    [{ ...parts, seen: { shape: [4], data: Uint8Array.of(1, 0, 0, 0) } }, {}, /"seen" has 1 bytes too many/],
    [{ ...parts, seen: { shape: [3], data: Uint8Array.of(1, 128, 128) } }, {}, /"seen" ends within a number/],
    [
      {
        ...parts,
        'seen.indptr': { shape: [3], data: Int32Array.of(0, 1, 1) },
        'seen.indices': { shape: [1], data: Int32Array.of(3) },
      },
      { formatVersion: 2 },
      /row 0 of "seen" has item 3/,
    ],
    [parts, { users: 1e15 }, /"users" is 1000000000000000; expected a whole number from 1 to 2147483647/],
    [parts, { users: 3 }, /expected a Float32Array of shape \[3,2\]/],
    [parts, { items: -1 }, /manifest\.json is damaged: its "items" is -1; expected a whole number/],
    [parts, { dim: 65_537 }, /"dim" is 65537; expected a whole number from 1 to 65536/],
    [parts, { dim: '2' }, /"dim" is "2"; expected a whole number/],
    [parts, { licence: 7 }, /"licence" is 7; expected a text/],
    [parts, { dataFingerprint: null }, /"dataFingerprint" is null; expected a text/],
    [parts, { madeBy: [] }, /"madeBy" is \[\]; expected an object/],
    [parts, { metrics: { 'recall@10': 'high' } }, /"metrics\.recall@10" is "high"; expected a finite number/],
    [parts, { metrics: 1 }, /"metrics" is 1; expected an object/],
    [parts, { namedFrom: 'x' }, /"namedFrom" is "x"; expected 64 hexadecimal digits/],
    [parts, { precision: 'f64' }, /precision is none of/],
    [parts, { files: { 'more.bin': { bytes: -1, sha256: '' } } }, /"files\.more\.bin\.bytes" is -1/],
    [parts, { files: 3 }, /"files" is 3; expected an object/],
    [parts, { files: {} }, /does not list/],
    [parts, { format: 'other' }, /not the manifest of a student bundle/],
    [parts, { kind: 'people' }, /"kind" is "people"; expected one of users-and-items, items-only/],
    [parts, { kind: 'items-only' }, /"answer" is missing; expected one of history, fold-in/],
    [parts, { kind: 'items-only', answer: 'history' }, /"users" is 2; expected a whole number from 0 to 0/],
    [parts, { answer: 'history' }, /"answer" is "history"; expected no such field/],
  ];
  for (const [tensors, fields, message] of cases) {
    await forge(tensors, fields);
    await assert.rejects(readBundle(folder), is('artifact-damaged', message));
  }
  await forge(parts, { formatVersion: 4 });
  await assert.rejects(
    readBundle(folder),
    is('artifact-differs', /format version 4; this version of recdistill reads 1 to 3/),
  );
});

test('the browser reads the same files, from text and buffers', async () => {
  writeBundle(folder, model, notes);
  const text = (file: string): string => fs.readFileSync(join(folder, file), 'utf8');
  const tensors = new Uint8Array(fs.readFileSync(join(folder, 'student.safetensors'))).buffer;
  const source = { manifest: text('manifest.json'), items: text('items.json'), users: text('users.json'), tensors };
  assert.deepEqual((await parseBundle(source)).model, model);
  const changed = { ...source, items: source.items.replace('"A"', '"B"') };
  await assert.rejects(parseBundle(changed), (e) => e instanceof StudentError && e.file === 'items.json');
  mock.getter(globalThis.crypto, 'subtle', () => undefined);
  await assert.rejects(parseBundle(source), (e) => e instanceof StudentError && e.code === 'crypto-missing');
});

test('a full disk leaves the bundle that was there', async () => {
  writeBundle(folder, model, notes);
  mock.method(fs, 'fsyncSync', () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  assert.throws(
    () => writeBundle(folder, { ...model, labels: ['n', 'e', 'w'] }, notes),
    is('write-failed', /disk is full/),
  );
  mock.restoreAll();
  assert.deepEqual((await readBundle(folder)).model, model);
  assert.deepEqual(fs.readdirSync(dir), ['student']);
});

test('a student that could not be read again is not written', () => {
  const broken = { ...model, userFactors: Float32Array.of(1, Number.POSITIVE_INFINITY, 0, 0) };
  const target = join(dir, 'broken');
  assert.throws(() => writeBundle(target, broken, notes), is('usage', /userFactors has Infinity/));
  assert.equal(fs.existsSync(target), false);
});
