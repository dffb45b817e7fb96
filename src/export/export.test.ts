import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readBundle, writeBundle } from '../bundle/index.js';
import { createStudent, type Precision, type RankedItem, type Student, type StudentModel } from '../student/index.js';
import { type Exportable, exporterOf, exporters } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-export-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Ids and labels that want to be spelled with care. */
const ODD = [
  "o'hara",
  'say "hi"',
  'back\\slash',
  'tab\there',
  'line\nend',
  '$$',
  '{1,2}',
  'ünï',
  '💡',
  ' ',
  '',
  '-- drop',
];
const NOTES = {
  dataFingerprint: 'f00d',
  licence: "for\ntests'",
  madeBy: { data: 'made up' },
  metrics: { 'recall@10': 0.25 },
};

/** @param plain without biases, labels and what users have */
function madeUp({ plain = false, nUsers = 40, nItems = 300, dim = 7 } = {}): Exportable {
  const noise = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, j) => ((Math.sin((j + 1) * 12.9898 + seed) * 43758.5453) % 1) * 1.5);
  const model: StudentModel = {
    ...{ nUsers, nItems, dim },
    userFactors: noise(nUsers * dim, 1),
    itemFactors: noise(nItems * dim, 2),
    userIds: Array.from({ length: nUsers }, (_, u) => ODD[u] ?? `u${u}`),
    itemIds: Array.from({ length: nItems }, (_, i) => ODD[i] ?? `i${i}`),
    ...(!plain && {
      userBiases: noise(nUsers, 3),
      itemBiases: noise(nItems, 4),
      labels: Array.from({ length: nItems }, (_, i) => (i % 3 === 0 ? '' : `Item ${ODD[i % ODD.length]}`)),
      // User 0 has nothing.
      seen: {
        indptr: Int32Array.from({ length: nUsers + 1 }, (_, u) => Math.max(0, u - 1) * 4),
        indices: Int32Array.from({ length: (nUsers - 1) * 4 }, (_, n) => Math.floor(n / 4) + (n % 4) * 50),
      },
    }),
  };
  return { model, notes: NOTES };
}

/** The student of the bundle in a precision: what exports of that precision must agree with. */
async function reference(student: Exportable, precision: Precision): Promise<Student> {
  const path = join(folder, `reference-${precision}-${student.model.labels ? 'full' : 'plain'}`);
  writeBundle(path, student.model, NOTES, { precision });
  return createStudent((await readBundle(path)).model);
}

/** The same items in the same order; where scores are equal up to rounding, any order. */
function agree(
  student: Student,
  user: string,
  got: readonly { itemId: string; score: number }[],
  expected: readonly RankedItem[],
): void {
  assert.equal(got.length, expected.length);
  for (const [n, { itemId, score }] of got.entries()) {
    assert.ok(Math.abs(score - expected[n]!.score) < 1e-4, `${user} ${n}: ${score} and ${expected[n]!.score}`);
    if (itemId !== expected[n]!.itemId)
      assert.ok(Math.abs(student.score(user, itemId) - expected[n]!.score) < 1e-5, `${user}: ${itemId} at ${n}`);
  }
  assert.equal(new Set(got.map((g) => g.itemId)).size, got.length);
}

const out = (name: string) => join(folder, name);

test('every format writes, and what can be read back is the same student', async () => {
  for (const plain of [false, true]) {
    const student = madeUp({ plain });
    for (const { name, makes, precisions, write, read } of Object.values(exporters)) {
      const path = out(`${name}-${plain}`);
      await write(student, path, precisions[0]!);
      assert.equal(statSync(path).isDirectory(), makes === 'folder', name);
      // Once more in the same place.
      await write(student, path, precisions[0]!);
      if (!read) continue;
      const back = await read(path);
      assert.deepEqual(back.model, student.model, name);
      const { dataFingerprint, licence, madeBy, metrics } = back.notes;
      assert.deepEqual({ dataFingerprint, licence, madeBy, metrics }, NOTES, name);
    }
  }
  assert.deepEqual(
    Object.values(exporters)
      .filter((e) => e.read)
      .map((e) => e.name),
    ['bundle', 'npy', 'parquet', 'json'],
  );
  assert.throws(() => exporterOf('pickle'), { code: 'unknown-name' });
});

test('half precision in NumPy arrays is that of the bundle', async () => {
  const student = madeUp();
  await exporterOf('npy').write(student, out('half'), 'f16');
  const { model } = await exporterOf('npy').read!(out('half'));
  assert.deepEqual(model.itemFactors, (await reference(student, 'f16')).model.itemFactors);
  const bytes = readFileSync(join(out('half'), 'item_factors.npy'));
  assert.deepEqual([...bytes.subarray(0, 10)], [0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  assert.match(
    bytes.toString('latin1', 10, 128),
    /^\{'descr': '<f2', 'fortran_order': False, 'shape': \(300, 7\), \} +\n$/,
  );
  assert.equal(bytes.length, 128 + 2 * 300 * 7);
});

for (const precision of ['f32', 'f16', 'int16', 'int8'] as const) {
  for (const plain of [false, true]) {
    test(`ONNX in ${precision}${plain ? ', factors alone' : ''}: the lists of onnxruntime are those of the student`, async () => {
      const exported = madeUp({ plain });
      const student = await reference(exported, precision);
      const path = out(`onnx-${precision}-${plain}`);
      await exporterOf('onnx').write(exported, path, precision);
      const session = await InferenceSession.create(join(path, 'student.onnx'), { logSeverityLevel: 3 });
      const { nUsers, nItems, userIds, itemIds, seen } = student.model;
      const added = new Float32Array(nUsers * nItems);
      for (let u = 0; u < nUsers && seen; u++) {
        for (let n = seen.indptr[u]!; n < seen.indptr[u + 1]!; n++)
          added[u * nItems + seen.indices[n]!] = Number.NEGATIVE_INFINITY;
      }
      const ask = (wanted: Tensor, k: number) =>
        session.run({
          user: new Tensor(
            'int64',
            BigInt64Array.from({ length: nUsers }, (_, u) => BigInt(u)),
            [nUsers],
          ),
          k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
          added: wanted,
        });
      const lists = (result: InferenceSession.OnnxValueMapType, k: number, u: number) => {
        const numbers = result.items!.data as BigInt64Array;
        const scores = result.scores!.data as Float32Array;
        return Array.from({ length: k }, (_, n) => ({
          itemId: itemIds[Number(numbers[u * k + n])]!,
          score: scores[u * k + n]!,
        }));
      };
      const masked = await ask(new Tensor('float32', added, [nUsers, nItems]), 10);
      const whole = await ask(new Tensor('float32', Float32Array.of(0), [1, 1]), 3);
      for (let u = 0; u < nUsers; u++) {
        const user = userIds[u]!;
        agree(student, user, lists(masked, 10, u), student.recommend(user, { k: 10 }));
        agree(student, user, lists(whole, 3, u), student.recommend(user, { k: 3, includeSeen: true }));
      }
      await session.release();
    });
  }
}

for (const precision of ['f32', 'f16'] as const) {
  test(`pgvector in ${precision}: the lists of PostgreSQL are those of the student`, async () => {
    for (const plain of [false, true]) {
      const exported = madeUp({ plain });
      const student = await reference(exported, precision);
      await exporterOf('pgvector').write(exported, out('student.sql'), precision);
      const db = await PGlite.create({ extensions: { vector } });
      try {
        const sql = readFileSync(out('student.sql'), 'utf8');
        // Twice, as a new student replaces the one before.
        await db.exec(sql);
        await db.exec(sql);
        for (const user of student.model.userIds) {
          const { rows } = await db.query<{ item_id: string; label: string | null; score: number }>(
            'SELECT * FROM recdistill_recommend($1, 10)',
            [user],
          );
          const got = rows.map(({ item_id, score }) => ({ itemId: item_id, score }));
          agree(student, user, got, student.recommend(user, { k: 10 }));
          for (const { item_id, label } of rows) {
            assert.equal(label ?? '', student.model.labels?.[student.model.itemIds.indexOf(item_id)] ?? '');
          }
        }
        const none = await db.query('SELECT * FROM recdistill_recommend($1)', ['nobody']);
        assert.equal(none.rows.length, 0);
        const index = /CREATE INDEX .*;/.exec(sql)![0];
        await db.exec(index);
      } finally {
        await db.close();
      }
    }
  });
}

test('a student that a format cannot represent is refused, and the existing file does not change', async () => {
  const student = madeUp();
  const withZero = {
    ...student,
    model: { ...student.model, itemIds: student.model.itemIds.map((id, n) => (n === 5 ? 'a\0b' : id)) },
  };
  await assert.rejects(exporterOf('pgvector').write(withZero, out('zero.sql'), 'f32'), {
    code: 'usage',
    message: /character 0/,
  });
  const large = {
    ...student,
    model: { ...student.model, itemFactors: student.model.itemFactors.map((v, j) => (j === 9 ? 1e6 : v)) },
  };
  await assert.rejects(exporterOf('npy').write(large, out('large'), 'f16'), { code: 'usage', message: /65504/ });
  const many = { ...student, model: { ...student.model, nUsers: 1_000_000 } };
  await assert.rejects(exporterOf('json').write(many, out('many.json'), 'f32'), {
    code: 'usage',
    message: /at most/,
  });
  await exporterOf('json').write(student, out('kept.json'), 'f32');
  writeFileSync(out('note.txt'), 'mine');
  for (const { name, makes, precisions, write } of Object.values(exporters)) {
    if (makes === 'folder')
      await assert.rejects(write(student, folder, precisions[0]!), { code: 'usage', message: /other files/ }, name);
  }
  assert.ok(readdirSync(folder).includes('note.txt'));
});

/** As an earlier version or another program writes a folder. */
function withoutChecksums(folder: string): void {
  const path = join(folder, 'about.json');
  const { files: _, sha256: __, ...about } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(about));
}

test('files that were damaged are refused with their name, with and without checksums', async () => {
  const npy = exporterOf('npy');
  const cases: [string, (bytes: Buffer) => Buffer | string, RegExp][] = [
    ['item_factors.npy', (b) => b.subarray(0, 200), /bytes of data/],
    ['item_factors.npy', () => 'not an array', /not a \.npy file/],
    ['item_factors.npy', (b) => Buffer.from(b.toString('latin1').replace('(300, 7)', '(301, 7)'), 'latin1'), /shape/],
    ['item_factors.npy', (b) => Buffer.from(b.toString('latin1').replace("'<f4'", "'|O'"), 'latin1'), /header/],
    ['item_factors.npy', (b) => Buffer.concat([b.subarray(0, -4), Buffer.of(0, 0, 0xc0, 0x7f)]), /NaN/],
    ['seen_indices.npy', (b) => Buffer.concat([b.subarray(0, -4), Buffer.of(0xff, 0xff, 0, 0)]), /seen/],
    ['items.json', () => '{"ids": [1]}', /ids/],
    ['users.json', () => '{"ids": ["a"]}', /userIds/],
    ['about.json', () => '{', /not JSON/],
    ['about.json', (b) => b.toString().replace('"npy"', '"parquet"'), /format/],
  ];
  for (const [file, change, message] of cases) {
    const path = out('damaged');
    for (const sealed of [true, false]) {
      await npy.write(madeUp(), path, 'f32');
      if (!sealed) withoutChecksums(path);
      writeFileSync(join(path, file), change(readFileSync(join(path, file))));
      const expected = sealed ? /damaged: (it has \d+ bytes|its content does not match|it is not JSON)/ : message;
      await assert.rejects(npy.read!(path), { code: 'artifact-damaged', message: expected }, `${file} ${expected}`);
    }
  }
  await npy.write(madeUp(), out('damaged'), 'f32');
  rmSync(join(out('damaged'), 'items.json'));
  await assert.rejects(npy.read!(out('damaged')), { code: 'file-missing' });
  await exporterOf('parquet').write(madeUp(), out('table'), 'f32');
  writeFileSync(join(out('table'), 'items.parquet'), 'PAR1');
  await assert.rejects(exporterOf('parquet').read!(out('table')), { code: 'artifact-damaged' });
  withoutChecksums(out('table'));
  await assert.rejects(exporterOf('parquet').read!(out('table')), { code: 'bad-data' });
  writeFileSync(out('bad.json'), '{"format": "recdistill-json", "dim": 0}');
  await assert.rejects(exporterOf('json').read!(out('bad.json')), { code: 'artifact-damaged' });
});
