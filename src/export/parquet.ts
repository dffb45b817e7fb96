/** A folder with Parquet tables of items and users. Factors are lists of 32-bit floats. */

import { copyFileSync, createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DuckDBListValue, DuckDBValue } from '@duckdb/node-api';
import { badFile, literal, withDatabase } from '../data/duckdb.js';
import { packLists } from '../data/interactions.js';
import { withTemporaryFolder } from '../data/temporary.js';
import { defined } from '../defined.js';
import { fail, RecdistillError } from '../errors.js';
import { discard, ioCode, writeFailed, writingFolder } from '../formats/index.js';
import { runInParts, within } from '../progress.js';
import type { StudentModel } from '../student/index.js';
import { exporter, writingStep } from './_exporter.js';
import { itemRows, userRows } from './json.js';
import { assembled, damaged, partsOf, readSidecar, sidecarFiles, writingSidecar } from './sidecar.js';

const tables = { items: 'items.parquet', users: 'users.parquet' } as const;
const files: readonly string[] = [...Object.values(tables), ...Object.values(sidecarFiles)];

const factors = { factors: 'FLOAT[]', bias: 'FLOAT' };
const columns = {
  items: { position: 'INTEGER', id: 'VARCHAR', label: 'VARCHAR', ...factors, input: 'FLOAT[]' },
  users: { position: 'INTEGER', id: 'VARCHAR', ...factors, seen: 'INTEGER[]' },
} as const;

export const parquet = exporter({
  name: 'parquet',
  summary: 'a folder with a Parquet table of items, and one of users if the student has some',
  makes: 'folder',
  precisions: ['f32'],
  async write(student, out) {
    const { model } = student;
    await withTemporaryFolder(async (made) => {
      await writeTable(made, 'items', itemRows(model), model);
      if (!model.answer) await writeTable(made, 'users', userRows(model), model);
      const writing = writingFolder(
        out,
        (name) => files.includes(name),
        function* (temp) {
          for (const name of Object.values(tables)) {
            if (existsSync(join(made, name))) copyFileSync(join(made, name), join(temp, name));
            yield 0.1;
          }
          yield* within(writingSidecar(temp, student, 'parquet', 'f32'), 0.1, 1);
        },
      );
      await runInParts(writing, writingStep(out));
    });
  },
  async read(path) {
    const { about, userIds, itemIds, labels } = readSidecar(path, 'parquet');
    const { users: nUsers, items: nItems, dim, notes } = about;
    const userTable: Table = about.answer
      ? { factors: new Float32Array(0) }
      : await readTable(path, 'users', userIds, dim);
    const itemTable = await readTable(path, 'items', itemIds, dim);
    const seen = userTable.seen && packLists(userTable.seen);
    const model: StudentModel = {
      ...{ nUsers, nItems, dim, userIds, itemIds },
      ...partsOf(about, () => itemTable.inputs ?? damaged(join(path, tables.items), 'it has no column "input"')),
      userFactors: userTable.factors,
      itemFactors: itemTable.factors,
      ...defined({ labels, userBiases: userTable.biases, itemBiases: itemTable.biases, seen }),
    };
    return assembled(path, model, notes);
  },
});

async function writeTable(
  folder: string,
  table: keyof typeof tables,
  rows: Iterable<object>,
  model: StudentModel,
): Promise<void> {
  const lines = join(folder, `${table}.jsonl`);
  const target = join(folder, tables[table]);
  const has: Readonly<Record<string, boolean>> = {
    label: model.labels !== undefined,
    bias: (table === 'users' ? model.userBiases : model.itemBiases) !== undefined,
    seen: model.seen !== undefined,
    input: model.answer?.by === 'history',
  };
  const kept = Object.entries(columns[table]).filter(([name]) => has[name] ?? true);
  const types = kept.map(([name, type]) => `${name}: ${literal(type)}`).join(', ');
  try {
    await pipeline(Readable.from(numbered(rows)), createWriteStream(lines));
    const copy =
      `COPY (SELECT * FROM read_json(${literal(lines)}, format='newline_delimited', columns={${types}}) ` +
      `ORDER BY position) TO ${literal(target)} (FORMAT parquet, COMPRESSION zstd)`;
    await withDatabase((db) => db.query(copy), undefined, { what: `writing ${tables[table]}` });
  } catch (cause) {
    if (cause instanceof RecdistillError) throw cause;
    if (ioCode(cause) !== undefined) writeFailed(target, cause);
    const problem = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    fail('write-failed', { path: target, problem }, cause);
  } finally {
    discard(lines);
  }
}

function* numbered(rows: Iterable<object>): Generator<string> {
  let position = 0;
  for (const row of rows) yield `${JSON.stringify({ position: position++, ...row })}\n`;
}

interface Table {
  readonly factors: Float32Array;
  /** Input factors of items. */
  readonly inputs?: Float32Array;
  readonly biases?: Float32Array;
  readonly seen?: readonly Int32Array[];
}

async function readTable(
  folder: string,
  table: keyof typeof tables,
  ids: readonly string[],
  dim: number,
): Promise<Table> {
  const path = join(folder, tables[table]);
  if (!existsSync(path)) fail('file-missing', { path });
  const source = `read_parquet(${literal(path)})`;
  return withDatabase(async (db) => {
    const found = (await db.query(`DESCRIBE SELECT * FROM ${source}`)).map((row) => String(row[0]));
    const wanted = Object.entries(columns[table]).filter(([name]) => found.includes(name));
    for (const name of ['position', 'id', 'factors'])
      if (!found.includes(name)) damaged(path, `it has no column "${name}"`);
    const casts = wanted.map(([name, type]) => `CAST(${name} AS ${type}) AS ${name}`).join(', ');
    // Counted before the rows are read: a small file can stand for billions of equal rows.
    const [[count] = []] = await db.query(`SELECT count(*)::DOUBLE FROM ${source}`);
    if (count !== ids.length) damaged(path, `it has ${count} rows; expected ${ids.length}`);
    const rows = await db.query(`SELECT ${casts} FROM ${source} ORDER BY position`);
    const column = (name: string): readonly (DuckDBValue | undefined)[] | undefined => {
      const at = wanted.findIndex(([n]) => n === name);
      return at < 0 ? undefined : rows.map((row) => row[at]);
    };
    const wrong = column('id')!.findIndex((id, n) => id !== ids[n]);
    if (wrong >= 0) damaged(path, `row ${wrong} does not belong to "${ids[wrong]}"`);
    const floats = (name: string): Float32Array | undefined => {
      const lists = column(name);
      const values = new Float32Array(lists ? ids.length * dim : 0);
      for (const [n, list] of lists?.entries() ?? []) {
        const row = numbersOf(list);
        if (row.length !== dim) damaged(path, `row ${n} has ${row.length} ${name}; expected ${dim}`);
        values.set(row, n * dim);
      }
      return lists && values;
    };
    const inputs = floats('input');
    const biases = column('bias');
    const seen = column('seen');
    return {
      factors: floats('factors')!,
      ...(inputs && { inputs }),
      ...(biases && { biases: Float32Array.from(biases as number[]) }),
      ...(seen && { seen: seen.map((list) => Int32Array.from(numbersOf(list))) }),
    };
  }).catch((cause) => badFile(path, cause));
}

const numbersOf = (list: DuckDBValue | undefined): number[] =>
  list === null || list === undefined ? [] : [...((list as DuckDBListValue).items as readonly number[])];
