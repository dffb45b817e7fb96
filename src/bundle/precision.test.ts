import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RecdistillError } from '../errors.js';
import { readSealedJson, writeSealedJson } from '../formats/sealed-json.js';
import { createStudent, type Precision, type StudentModel } from '../student/index.js';
import { type BundleNotes, convertBundle, readBundle, writeBundle } from './bundle.js';

const notes: BundleNotes = {
  dataFingerprint: 'f00d',
  licence: 'none',
  madeBy: { by: 'hand' },
  metrics: { 'ndcg@10': 0.5 },
};
const model = normal(100, 5000, 20);

let dir: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-precision-'));
  writeBundle(join(dir, 'f32'), model, notes);
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/** Independent normal factors: no structure that would make the lists easier to keep. */
function normal(nUsers: number, nItems: number, dim: number): StudentModel {
  let state = 77;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const gauss = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    ...{ nUsers, nItems, dim },
    userFactors: Float32Array.from({ length: nUsers * dim }, gauss),
    itemFactors: Float32Array.from({ length: nItems * dim }, gauss),
    itemBiases: Float32Array.from({ length: nItems }, gauss),
    userIds: Array.from({ length: nUsers }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: nItems }, (_, i) => `i${i}`),
  };
}

const lists = (m: StudentModel): string[][] =>
  createStudent(m)
    .batch(m.userIds, { k: 10 })
    .map((list) => list.map(({ itemId }) => itemId));
const tensorBytes = (precision: string): number => fs.statSync(join(dir, precision, 'student.safetensors')).size;

test('f16 and int16 keep the lists in half of the space, and int8 nearly in a quarter', async () => {
  const exact = lists(model);
  const numbers = (model.nUsers + model.nItems) * model.dim;
  for (const [precision, perNumber, share] of [
    ['f16', 2, 0.999],
    ['int16', 2.1, 0.999],
    ['int8', 1.1, 0.97],
  ] as const) {
    await convertBundle(join(dir, 'f32'), join(dir, precision), { precision });
    const bundle = await readBundle(join(dir, precision));
    assert.equal(bundle.manifest.precision, precision);
    const { dataFingerprint, licence, madeBy, metrics } = bundle.manifest;
    assert.deepEqual({ dataFingerprint, licence, madeBy, metrics }, notes);
    const largest = Math.max(...model.itemBiases!.map(Math.abs));
    for (const [i, bias] of bundle.model.itemBiases!.entries())
      assert.ok(
        Math.abs(bias - model.itemBiases![i]!) <= (precision === 'int8' ? largest / 32_000 : 0),
        `${bias} of item ${i}`,
      );
    const kept = lists(bundle.model).flatMap((list, u) => list.filter((id) => exact[u]!.includes(id))).length;
    assert.ok(kept >= share * 10 * model.nUsers, `${precision} kept ${kept} of ${10 * model.nUsers}`);
    assert.ok(
      tensorBytes(precision) < perNumber * numbers + (precision === 'int8' ? 2 : 4) * model.nItems + 1000,
      `${tensorBytes(precision)} bytes`,
    );
  }
});

test('converting again, or back, changes no number', async () => {
  const steps: [string, string, Precision][] = [
    ['f32', 'once', 'int8'],
    ['once', 'twice', 'int8'],
    ['twice', 'wide', 'f32'],
    ['wide', 'again', 'int8'],
  ];
  for (const [from, to, precision] of steps) await convertBundle(join(dir, from), join(dir, to), { precision });
  const [once, wide] = [await readBundle(join(dir, 'once')), await readBundle(join(dir, 'wide'))];
  assert.deepEqual(wide.model, once.model);
  const file = (name: string) => fs.readFileSync(join(dir, name, 'student.safetensors'));
  assert.ok(file('once').equals(file('twice')));
  assert.ok(file('once').equals(file('again')));
});

test('values that a precision cannot represent are refused', async () => {
  const usage = (message: RegExp) => (e: unknown) =>
    e instanceof RecdistillError && e.code === 'usage' && message.test(e.message);
  const large = { ...normal(1, 2, 2), userFactors: Float32Array.of(1, -70_000) };
  const out = join(dir, 'large');
  assert.throws(() => writeBundle(out, large, notes, { precision: 'f16' }), usage(/factor -70000/));
  assert.equal(fs.existsSync(out), false);
  writeBundle(out, large, notes, { precision: 'int16' });
  assert.deepEqual((await readBundle(out)).model.userFactors[1], -70_000);
  const wrong = 'f8' as Precision;
  assert.throws(() => writeBundle(out, large, notes, { precision: wrong }), usage(/no precision "f8"/));
});

/** Bundles of 3 users and 4 items that version 2 wrote: f32 with histories, and int8. */
const VERSION_2 = ['f32', 'int8'].map((name) =>
  fileURLToPath(new URL(`../../test/fixtures/bundle-2-${name}`, import.meta.url)),
);

test('bundles of version 2 are read as they were', async () => {
  const [full, coded] = await Promise.all(VERSION_2.map((folder) => readBundle(folder)));
  const { seen, ...rest } = full!.model;
  assert.deepEqual(seen, { indptr: Int32Array.of(0, 2, 2, 3), indices: Int32Array.of(0, 3, 1) });
  assert.deepEqual(
    [rest.userIds, rest.itemIds, full!.manifest.formatVersion],
    [['1', 'b', '7'], ['5', '2', '9', '10'], 2],
  );
  for (const [at, value] of coded!.model.itemFactors.entries())
    assert.ok(Math.abs(value - rest.itemFactors[at]!) < 1e-4, `${value} at ${at}`);
  const out = join(dir, 'converted');
  writeBundle(out, coded!.model, notes, { precision: 'int16' });
  assert.deepEqual((await readBundle(out)).model, coded!.model);
});

test('bundles of version 1 are read', async () => {
  const { formatVersion, precision, ...rest } = readSealedJson(join(dir, 'f32', 'manifest.json'));
  assert.deepEqual([formatVersion, precision], [3, 'f32']);
  const old = join(dir, 'old');
  fs.cpSync(join(dir, 'f32'), old, { recursive: true });
  writeSealedJson(join(old, 'manifest.json'), { ...rest, formatVersion: 1 });
  assert.deepEqual((await readBundle(old)).model, model);
  const refused = async (fields: object): Promise<void> => {
    writeSealedJson(join(old, 'manifest.json'), { ...rest, ...fields });
    await assert.rejects(
      readBundle(old),
      (e) => e instanceof RecdistillError && /its precision is none of/.test(e.message),
    );
  };
  await refused({ formatVersion: 1, precision: 'f32' });
  await refused({ formatVersion: 2 });
  await refused({ formatVersion: 2, precision: 'f8' });
});
