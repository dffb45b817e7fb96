/** Bundles without users: they come back whole, answer as the formula says in every precision, and refuse what needs users. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readJsonObject } from '../formats/index.js';
import { encodeSafetensors } from '../formats/safetensors.js';
import { sealedText } from '../formats/sealed-json.js';
import { verify } from '../library/index.js';
import { bundleFiles, createStudent, kindOf, precisions, type StudentModel } from '../student/index.js';
import { itemsOnlyModel } from '../student/items-only.test.support.js';
import { entryFor } from './bundle.js';
import {
  bundleBytes,
  bundleBytesOf,
  readBundle,
  withoutHistories,
  withoutUsers,
  writeBundle,
  writeLabels,
} from './index.js';
import { tensorsOf } from './tensors.js';

const notes = { dataFingerprint: 'f00d', licence: 'none', madeBy: {}, metrics: {} };
let dir: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-items-only-'));
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

test('a bundle without users comes back whole, and its bytes are known before it is written', async () => {
  const whole = itemsOnlyModel({ labels: true });
  const { popular, labels, itemBiases, ...smallest } = whole;
  for (const model of [whole, smallest]) {
    const folder = join(dir, 'whole');
    writeBundle(folder, model, notes);
    const { model: read, manifest } = await readBundle(folder);
    assert.deepEqual(read, model);
    assert.deepEqual([manifest.kind, manifest.answer, manifest.users], ['items-only', 'history', 0]);
    assert.deepEqual(fs.readdirSync(folder).sort(), ['items.json', 'manifest.json', 'student.safetensors']);
    assert.equal(bundleBytes(folder), bundleBytesOf(model, notes));
    fs.rmSync(folder, { recursive: true });
  }
});

test('one table for both is stored once', async () => {
  const model = itemsOnlyModel({ nItems: 2000 });
  assert.ok(model.answer?.by === 'history');
  const tied: StudentModel = { ...model, answer: { ...model.answer, inputFactors: model.itemFactors } };
  assert.ok(bundleBytesOf(model, notes) - bundleBytesOf(tied, notes) >= 4 * 2000 * model.dim);
  writeBundle(join(dir, 'tied'), tied, notes);
  assert.deepEqual((await readBundle(join(dir, 'tied'))).model, tied);
});

test('in every precision the scores are the formula on the stored numbers', async () => {
  const model = itemsOnlyModel();
  for (const precision of precisions) {
    const folder = join(dir, precision);
    writeBundle(folder, model, notes, { precision });
    const { model: read } = await readBundle(folder);
    assert.ok(read.answer?.by === 'history');
    const { dim } = read;
    const { inputFactors } = read.answer;
    const own = [3, 17, 40];
    const student = createStudent(read);
    for (const { itemId, score } of student.recommendFromItems(
      own.map((i) => read.itemIds[i]!),
      { k: 20 },
    )) {
      const item = read.itemIds.indexOf(itemId);
      let expected = read.itemBiases![item]!;
      for (let d = 0; d < dim; d++) {
        const sum = own.reduce((all, i) => all + inputFactors[i * dim + d]!, 0);
        expected += (sum / Math.sqrt(3)) * read.itemFactors[item * dim + d]!;
      }
      assert.ok(Math.abs(score - expected) < 1e-5, `${precision}: ${score} and ${expected}`);
    }
  }
});

test('names can be added to a bundle without users', async () => {
  const [folder, model] = [join(dir, 'named'), itemsOnlyModel()];
  writeBundle(folder, model, notes);
  const labels = model.itemIds.map((id) => `Item ${id}`);
  assert.equal(await writeLabels(folder, labels), true);
  assert.deepEqual((await readBundle(folder)).model, { ...model, labels });
});

test('25,181 items of 8 factors have less than 500 KB in a byte each', () => {
  const model = itemsOnlyModel({ nItems: 25_181, dim: 8 });
  const bytes = bundleBytesOf(model, notes, { precision: 'int8' });
  const numbers = 2 * 25_181 * 8;
  // Two tables, the scales of their rows, biases of two bytes, ids of one.
  assert.ok(bytes > numbers && bytes < numbers + 25_181 * (2 + 2 + 1) + 5000, `${bytes} bytes with biases`);
  const { itemBiases, ...plain } = model;
  assert.ok(bundleBytesOf(plain, notes, { precision: 'int8' }) < 500_000);
  writeBundle(join(dir, 'wire'), model, notes, { precision: 'int8' });
  const sent = fs
    .readdirSync(join(dir, 'wire'))
    .map((name) => gzipSync(fs.readFileSync(join(dir, 'wire', name))).length);
  assert.ok(sent.reduce((a, b) => a + b) < 500_000, `${sent} bytes as a web server sends them`);
});

test('a student loses its users, or their histories, and answers new users as before', async () => {
  const [nUsers, nItems, dim] = [5, 60, 4];
  const wave = (length: number, step: number) => Float32Array.from({ length }, (_, j) => Math.sin((j + 1) * step));
  const model: StudentModel = {
    ...{ nUsers, nItems, dim, userFactors: wave(nUsers * dim, 1.3), itemFactors: wave(nItems * dim, 2.1) },
    itemBiases: wave(nItems, 0.7),
    userBiases: wave(nUsers, 0.3),
    userIds: ['a', 'b', 'c', 'd', 'e'],
    itemIds: Array.from({ length: nItems }, (_, i) => String(100 + i)),
    seen: { indptr: Int32Array.of(0, 2, 4, 5, 5, 6), indices: Int32Array.of(1, 7, 7, 9, 7, 9) },
  };
  const expected = createStudent(model).recommendFromItems(['103', '150'], { k: 30 });
  const bare = withoutUsers(model);
  assert.equal(kindOf(bare), 'items-only');
  writeBundle(join(dir, 'bare'), bare, notes);
  const { model: read } = await readBundle(join(dir, 'bare'));
  assert.deepEqual(read, bare);
  const student = createStudent(read);
  assert.deepEqual(student.recommendFromItems(['150', '103', '150'], { k: 30 }), expected);
  assert.deepEqual(
    student.recommendFromItems([], { k: 3 }).map(({ itemId, score }) => [itemId, score]),
    [
      ['107', 3],
      ['109', 2],
      ['101', 1],
    ],
  );
  assert.throws(() => student.recommend('a'), { code: 'wrong-kind', hint: /recommendFromItems/ });
  const anonymous = withoutHistories(model);
  assert.equal(anonymous.seen, undefined);
  assert.deepEqual(
    createStudent(anonymous).recommend('a', { includeSeen: true }),
    createStudent(model).recommend('a', { includeSeen: true }),
  );
  assert.throws(() => withoutHistories(bare), { code: 'usage', message: /items-only and has no histories/ });
});

/** Writes a bundle with more tensors and other entries of its manifest, as another program might. */
function forge(model: StudentModel, more: Parameters<typeof encodeSafetensors>[0], entries: object): string {
  const folder = fs.mkdtempSync(join(dir, 'forged-'));
  writeBundle(folder, model, notes);
  const { parts } = encodeSafetensors({ ...tensorsOf(model, 'f32'), ...more }, { dataFingerprint: 'f00d' });
  fs.writeFileSync(join(folder, bundleFiles.tensors), Buffer.concat(parts));
  const { sha256: _, files, ...rest } = readJsonObject(join(folder, bundleFiles.manifest));
  const listed = { ...(files as object), [bundleFiles.tensors]: entryFor(parts) };
  fs.writeFileSync(join(folder, bundleFiles.manifest), sealedText({ ...rest, files: listed, ...entries }));
  return folder;
}

test('a bundle of the kind items-only with anything about users is refused', async () => {
  const model = itemsOnlyModel();
  const table = { shape: [1, model.dim], data: new Float32Array(model.dim) };
  for (const name of ['user.factors', 'user.bias', 'user.ids', 'seen'])
    await assert.rejects(readBundle(forge(model, { [name]: table }, {})), {
      code: 'artifact-damaged',
      message: new RegExp(`the tensor "${name}", but a student of the kind items-only has no users`),
    });
  const whole = forge(model, {}, {});
  assert.deepEqual((await readBundle(whole)).model, model);
  fs.writeFileSync(join(whole, bundleFiles.users), '{"ids":["ann"]}');
  await assert.rejects(readBundle(whole), { code: 'artifact-damaged', message: /users\.json.*has no users/ });
  const [listed] = await verify(whole);
  assert.deepEqual([listed!.state, listed!.problems.length], ['damaged', 1]);
  const files = { 'users.json': { bytes: 1, sha256: '0'.repeat(64) } };
  await assert.rejects(readBundle(forge(model, {}, { files })), {
    code: 'artifact-damaged',
    message: /lists users\.json/,
  });
});

test('the kind is of format version 3, and empty lists of popular items are none', async () => {
  const model = itemsOnlyModel();
  for (const formatVersion of [1, 2]) {
    const old = forge(model, {}, { formatVersion });
    await assert.rejects(readBundle(old), {
      code: 'artifact-damaged',
      message: /"kind" is "items-only"; expected one of users-and-items/,
    });
  }
  const { popular: _, ...bare } = model;
  const none = { shape: [0], data: new Uint8Array(0) };
  const { model: read } = await readBundle(forge(bare, { 'popular.items': none, 'popular.counts': none }, {}));
  assert.deepEqual(read, bare);
  assert.throws(() => createStudent(read).recommendFromItems([]), { code: 'empty-history' });
});

test('what is no student without users is not written', () => {
  const model = itemsOnlyModel();
  assert.ok(model.answer?.by === 'history');
  const { answer } = model;
  const cases: [StudentModel, RegExp][] = [
    [{ ...model, nUsers: 1 }, /items-only has users/],
    [{ ...model, answer: { ...answer, exponent: 2 } }, /exponent is 2; expected a number from 0 to 1/],
    [{ ...model, answer: { ...answer, exponent: Number.NaN } }, /exponent is NaN/],
    [
      { ...model, answer: { ...answer, inputFactors: answer.inputFactors.slice(1) } },
      /inputFactors has 179 entries; expected 180/,
    ],
    [
      { ...model, answer: { ...answer, inputFactors: answer.inputFactors.map(() => 1e10) } },
      /inputFactors has 10000000000/,
    ],
    [{ ...model, answer: { by: 'fold-in', userNorm: -1 } }, /userNorm is -1/],
    [{ ...model, popular: { items: Int32Array.of(60), counts: Int32Array.of(1) } }, /have item 60 of 60/],
    [{ ...model, popular: { items: Int32Array.of(1, 2), counts: Int32Array.of(1, 2) } }, /not sorted/],
    [{ ...model, popular: { items: Int32Array.of(1, 1), counts: Int32Array.of(1, 1) } }, /popular twice/],
  ];
  for (const [broken, message] of cases)
    assert.throws(() => writeBundle(join(dir, 'broken'), broken, notes), { message });
});
