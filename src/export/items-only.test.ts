/** Students without users in every format: there and back, and answers of ONNX and PostgreSQL against those of the student. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readBundle, withoutUsers, writeBundle } from '../bundle/index.js';
import { createStudent, type Precision, precisions, type Student, type StudentModel } from '../student/index.js';
import { itemsOnlyModel } from '../student/items-only.test.support.js';
import { exporterOf, exporters } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-export-items-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const out = (name: string) => join(folder, name);
const notes = { dataFingerprint: 'f00d', licence: 'none', madeBy: {}, metrics: {} };

const model = itemsOnlyModel({ nItems: 300, dim: 5, exponent: 0.3, labels: true });
const { itemBiases: _, labels: __, popular: ___, ...rest } = model;
const plain: StudentModel = rest;
/** Histories of different lengths, one empty. */
const HISTORIES = [[3, 17, 40], [], [299], [0, 1, 2, 3, 4, 5, 6, 7]];

async function inPrecision(given: StudentModel, precision: Precision): Promise<Student> {
  writeBundle(out('reference'), given, notes, { precision });
  return createStudent((await readBundle(out('reference'))).model);
}

test('every format writes a student without users, and what can be read back is the same student', async () => {
  const whole = { nUsers: 1, userIds: ['u'], userFactors: Float32Array.of(1, 2, 3, 4, 5) };
  const { answer: _, ...items } = model;
  const folded = withoutUsers({ ...items, ...whole });
  for (const [n, given] of [model, plain, folded].entries())
    for (const { name, precisions: known, write, read } of Object.values(exporters)) {
      const student = { model: given, notes };
      const path = out(`${name}-${n}`);
      if (given === folded && !read) {
        await assert.rejects(write(student, path, known[0]!), { code: 'usage', message: /cannot answer by fold-in/ });
        continue;
      }
      await write(student, path, known[0]!);
      if (read) assert.deepEqual((await read(path)).model, given, name);
    }
});

test('a folder without its input factors is refused', async () => {
  const npy = exporterOf('npy');
  await npy.write({ model, notes }, out('lost'), 'f32');
  rmSync(join(out('lost'), 'input_factors.npy'));
  await assert.rejects(npy.read!(out('lost')), { code: 'file-missing' });
});

for (const precision of precisions)
  test(`ONNX in ${precision}: lists for histories are those of the student`, async () => {
    for (const given of [model, plain]) {
      const student = await inPrecision(given, precision);
      await exporterOf('onnx').write({ model: given, notes }, out('onnx'), precision);
      const session = await InferenceSession.create(join(out('onnx'), 'student.onnx'), { logSeverityLevel: 3 });
      const [rows, width, k] = [HISTORIES.length, 8, 300];
      const history = BigInt64Array.from({ length: rows * width }, (_, at) =>
        BigInt(HISTORIES[Math.floor(at / width)]![at % width] ?? -1),
      );
      const result = await session.run({
        history: new Tensor('int64', history, [rows, width]),
        k: new Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
        added: new Tensor('float32', Float32Array.of(0), [1, 1]),
      });
      const items = result.items!.data as BigInt64Array;
      const scores = result.scores!.data as Float32Array;
      for (const [row, own] of HISTORIES.entries()) {
        const profile = student.profile(own.map((i) => given.itemIds[i]!));
        for (let n = 0; n < k; n++) {
          const score = profile.score(given.itemIds[Number(items[row * k + n])]!);
          assert.ok(Math.abs(scores[row * k + n]! - score) < 1e-5, `${row}, ${n}: ${scores[row * k + n]} and ${score}`);
          if (n > 0) assert.ok(scores[row * k + n]! <= scores[row * k + n - 1]!);
        }
      }
      await session.release();
    }
  });

for (const precision of ['f32', 'f16'] as const)
  test(`pgvector in ${precision}: lists for histories are those of the student`, async () => {
    for (const given of [model, plain]) {
      const student = await inPrecision(given, precision);
      await exporterOf('pgvector').write({ model: given, notes }, out('student.sql'), precision);
      const db = await PGlite.create({ extensions: { vector } });
      try {
        const sql = readFileSync(out('student.sql'), 'utf8');
        await db.exec(sql);
        await db.exec(sql);
        for (const own of HISTORIES) {
          const ids = own.map((i) => given.itemIds[i]!);
          const { rows } = await db.query<{ item_id: string; label: string | null; score: number }>(
            'SELECT * FROM recdistill_recommend($1, 10)',
            [[...ids, ...ids, 'gone']],
          );
          const expected = own.length > 0 ? student.recommendFromItems(ids, { k: 10 }) : [];
          assert.equal(rows.length, expected.length);
          for (const [n, { item_id, label, score }] of rows.entries()) {
            const tolerance = precision === 'f16' ? 2e-3 : 1e-5;
            assert.ok(Math.abs(score - expected[n]!.score) < tolerance, `${score} and ${expected[n]!.score}`);
            if (precision === 'f32') assert.equal(item_id, expected[n]!.itemId);
            assert.equal(label ?? '', given.labels?.[given.itemIds.indexOf(item_id)] ?? '');
          }
        }
      } finally {
        await db.close();
      }
    }
  });
