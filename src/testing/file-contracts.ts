/** The contracts of readers and exporters. Files are written to a temporary folder that is removed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDatabase } from '../data/duckdb.js';
import { type Reader, readerRegistry } from '../data/index.js';
import { openSource } from '../data/source-file.js';
import { type Exportable, type Exporter, exporterRegistry } from '../export/index.js';
import type { ContractCase } from './checks.js';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-contract-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An example file for a reader, and its content. */
export interface ReaderExample {
  /** File name with suffix. */
  readonly file: string;
  readonly content: string | Uint8Array;
  /** Column names in order. */
  readonly columns: readonly string[];
  /** Values as text, in the order of the file. */
  readonly rows: readonly (readonly string[])[];
}

export function readerContract(reader: Reader, example: ReaderExample): ContractCase[] {
  const read = (folder: string) =>
    withDatabase(async (db) => {
      const path = join(folder, example.file);
      writeFileSync(path, example.content);
      const file = await openSource(path, { folder: db.folder });
      const { columns, sql } = await reader.read(db, { file, header: 'auto', givenNames: [] });
      const values = columns.map((column) => `(${column.sql})::VARCHAR`).join(', ');
      const rows = await db.read(file, `SELECT ${values} FROM ${sql}`);
      return { columns: columns.map((column) => column.name), rows: rows.map((row) => row.map(String)) };
    }, 64);
  return [
    { name: `${reader.name}: its declaration is complete`, run: () => readerRegistry.add(reader) },
    {
      name: `${reader.name}: it reads the columns and rows of its example`,
      run: () =>
        inFolder(async (folder) => {
          const { columns, rows } = await read(folder);
          assert.deepEqual(columns, example.columns);
          assert.deepEqual(rows, example.rows);
        }),
    },
  ];
}

export function exporterContract(exporter: Exporter): ContractCase[] {
  const student: Exportable = {
    model: {
      ...{ nUsers: 2, nItems: 3, dim: 2, userIds: ['ann', 'bob'], itemIds: ['x', 'y', 'z'] },
      userFactors: Float32Array.of(0.5, -1, 2, 0.25),
      itemFactors: Float32Array.of(1, 0, -0.5, 2, 0.75, -1.5),
      seen: { indptr: Int32Array.of(0, 1, 3), indices: Int32Array.of(0, 1, 2) },
    },
    notes: { dataFingerprint: '0'.repeat(64), licence: 'none', madeBy: {}, metrics: {} },
  };
  return [
    { name: `${exporter.name}: its declaration is complete`, run: () => exporterRegistry.add(exporter) },
    ...exporter.precisions.map((precision) => ({
      name: `${exporter.name}: a ${exporter.makes} in ${precision}, which replaces an existing one`,
      run: () =>
        inFolder(async (folder) => {
          const out = join(folder, 'out');
          for (let time = 0; time < 2; time++) await exporter.write(student, out, precision);
          assert.ok(existsSync(out) && statSync(out).isDirectory() === (exporter.makes === 'folder'));
          if (!exporter.read) return;
          const { model } = await exporter.read(out);
          assert.deepEqual([model.userIds, model.itemIds], [student.model.userIds, student.model.itemIds]);
          // A precision of 8 bits has an error of about a hundredth of the largest value of a row.
          for (const [at, value] of student.model.itemFactors.entries())
            assert.ok(Math.abs(model.itemFactors[at]! - value) < 0.03, `number ${at} was ${value}`);
        }),
    })),
  ];
}
