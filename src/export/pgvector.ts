/**
 * SQL for PostgreSQL with the pgvector extension: tables of items, users and seen items, and a function that recommends.
 * The item bias is an extra column of the item vector, with 1 in the user vector, so that one operator (`<#>`, the inner
 * product) and its indexes define the order. With half precision there are two such columns: the second holds the
 * rounding error of the first.
 */

import { fail } from '../errors.js';
import { writingAtomic } from '../formats/index.js';
import { runInParts } from '../progress.js';
import { fromHalf, toHalf } from '../student/half.js';
import type { StudentModel } from '../student/index.js';
import { exporter, writingStep } from './_exporter.js';
import { exact } from './json.js';

/** Maximum number of columns of a vector in pgvector. */
const MAX_COLUMNS = 16_000;
const ROWS_PER_INSERT = 500;

export const pgvector = exporter({
  name: 'pgvector',
  summary: 'SQL for PostgreSQL with pgvector: tables, and a function that recommends',
  makes: 'file',
  precisions: ['f32', 'f16'],
  async write({ model, notes }, out, precision) {
    const texts = (model.answer ? itemsOnlyParts : parts)(model, notes.licence, precision === 'f16');
    const { nUsers, nItems, dim, seen } = model;
    const bytes = (nUsers + nItems) * (dim * FACTOR + ID) + (seen?.indices.length ?? 0) * ID;
    await runInParts(writingAtomic(out, encoded(texts), bytes), writingStep(out));
  },
});

/** Bytes of a factor and of an id as text, about. */
const [FACTOR, ID] = [13, 16];

function* encoded(texts: Iterable<string>): Generator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

function* parts(model: StudentModel, licence: string, half: boolean): Generator<string> {
  const { nUsers, nItems, dim, userFactors, itemFactors, userBiases, itemBiases, labels, userIds, itemIds, seen } =
    model;
  const biasColumns = itemBiases ? (half ? 2 : 1) : 0;
  const columns = dim + biasColumns;
  refuseWide(columns);
  const kind = half ? 'halfvec' : 'vector';
  const type = `${kind}(${columns})`;
  const numbers = (table: Float32Array, row: number) => numbersOf(table, row, dim, half);

  yield `-- ${nUsers} users, ${nItems} items, ${dim} factors; made by recdistill. Terms: ${oneLine(licence)}
-- Load it with: psql --set ON_ERROR_STOP=1 --file FILE
BEGIN;
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS recdistill_seen, recdistill_users, recdistill_items CASCADE;
CREATE TABLE recdistill_items (position integer PRIMARY KEY, item_id text NOT NULL UNIQUE, label text, factors ${type} NOT NULL);
CREATE TABLE recdistill_users (user_id text PRIMARY KEY, factors ${type} NOT NULL, bias real NOT NULL);
CREATE TABLE recdistill_seen (user_id text NOT NULL, position integer NOT NULL, PRIMARY KEY (user_id, position));
`;
  yield* inserts('recdistill_items', nItems, (i) => {
    const bias = biasesOf(itemBiases?.[i], half);
    const label = labels?.[i] ? sqlText(labels[i]) : 'NULL';
    return `${i},${sqlText(itemIds[i]!)},${label},${vector([...numbers(itemFactors, i), ...bias])}`;
  });
  const ones = Array<number>(biasColumns).fill(1);
  yield* inserts('recdistill_users', nUsers, (u) => {
    const bias = userBiases ? exact(userBiases[u]!) : 0;
    return `${sqlText(userIds[u]!)},${vector([...numbers(userFactors, u), ...ones])},${bias}`;
  });
  if (seen) {
    let user = 0;
    yield* inserts('recdistill_seen', seen.indices.length, (n) => {
      while (n >= seen.indptr[user + 1]!) user += 1;
      return `${sqlText(userIds[user]!)},${seen.indices[n]}`;
    });
  }
  yield `CREATE OR REPLACE FUNCTION recdistill_recommend(who text, how_many integer DEFAULT 10)
RETURNS TABLE (item_id text, label text, score double precision) LANGUAGE sql STABLE AS $$
  SELECT i.item_id, i.label, u.bias - (i.factors <#> u.factors)
  FROM recdistill_users u CROSS JOIN recdistill_items i
  WHERE u.user_id = who
    AND NOT EXISTS (SELECT FROM recdistill_seen s WHERE s.user_id = who AND s.position = i.position)
  ORDER BY i.factors <#> u.factors, i.position
  LIMIT how_many
$$;
COMMIT;
-- The function scans every item, so its lists are exact. For millions of items, an approximate index is faster:
--   CREATE INDEX ON recdistill_items USING hnsw (factors ${kind}_ip_ops);
--   SELECT item_id FROM recdistill_items ORDER BY factors <#> (SELECT factors FROM recdistill_users WHERE user_id = '...') LIMIT 10;
`;
}

/**
 * A student without users: one table, and a function that recommends from the ids of items. The order depends on the number of these items
 * beside the bias, so that no single operator gives it.
 */
function* itemsOnlyParts(model: StudentModel, licence: string, half: boolean): Generator<string> {
  const { nItems, dim, itemFactors, itemBiases, labels, itemIds, answer } = model;
  if (answer?.by !== 'history') {
    const problem = 'pgvector cannot answer by fold-in, as this student without users does';
    fail('usage', { problem, hint: 'Export it with its users, or use bundle, npy, parquet or json.' });
  }
  refuseWide(dim);
  const { inputFactors, exponent } = answer;
  const type = `${half ? 'halfvec' : 'vector'}(${dim})`;
  yield `-- No users, ${nItems} items, ${dim} factors; made by recdistill. Terms: ${oneLine(licence)}
-- Load it with: psql --set ON_ERROR_STOP=1 --file FILE
BEGIN;
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS recdistill_seen, recdistill_users, recdistill_items CASCADE;
CREATE TABLE recdistill_items (position integer PRIMARY KEY, item_id text NOT NULL UNIQUE, label text, input ${type} NOT NULL, factors ${type} NOT NULL, bias real NOT NULL);
`;
  yield* inserts('recdistill_items', nItems, (i) => {
    const label = labels?.[i] ? sqlText(labels[i]) : 'NULL';
    const [input, factors] = [inputFactors, itemFactors].map((table) => vector(numbersOf(table, i, dim, half)));
    return `${i},${sqlText(itemIds[i]!)},${label},${input},${factors},${itemBiases ? exact(itemBiases[i]!) : 0}`;
  });
  yield `CREATE OR REPLACE FUNCTION recdistill_recommend(has text[], how_many integer DEFAULT 10)
RETURNS TABLE (item_id text, label text, score double precision) LANGUAGE sql STABLE AS $$
  WITH own AS (SELECT o.position, o.input FROM recdistill_items o WHERE o.item_id = ANY (has)),
    taste AS (SELECT sum(own.input ORDER BY own.position) AS total, power(count(*), ${-exponent}) AS weight FROM own HAVING count(*) > 0)
  SELECT i.item_id, i.label, i.bias - taste.weight * (i.factors <#> taste.total) AS score
  FROM taste CROSS JOIN recdistill_items i
  WHERE i.position NOT IN (SELECT own.position FROM own)
  ORDER BY score DESC, i.position
  LIMIT how_many
$$;
COMMIT;
-- The function scans every item, so its lists are exact. It ignores unknown ids; if it knows none, the list is empty:
--   SELECT * FROM recdistill_recommend(ARRAY['12', '99']);
`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

const vector = (values: readonly number[]): string => `'[${values.join(',')}]'`;

function numbersOf(table: Float32Array, row: number, dim: number, half: boolean): number[] {
  const own = table.slice(row * dim, (row + 1) * dim);
  return Array.from(half ? fromHalf(toHalf(own)) : own, exact);
}

/** @throws RecdistillError `usage` */
function refuseWide(columns: number): void {
  if (columns <= MAX_COLUMNS) return;
  fail('usage', {
    problem: `the vectors would have ${columns} columns; pgvector allows at most ${MAX_COLUMNS}`,
    hint: 'Train a student with a smaller dim.',
  });
}

function biasesOf(bias: number | undefined, half: boolean): number[] {
  if (bias === undefined) return [];
  if (!half) return [exact(bias)];
  const first = fromHalf(toHalf(Float32Array.of(bias)))[0]!;
  return [exact(first), exact(fromHalf(toHalf(Float32Array.of(bias - first)))[0]!)];
}

function* inserts(table: string, rows: number, row: (n: number) => string): Generator<string> {
  for (let begin = 0; begin < rows; begin += ROWS_PER_INSERT) {
    const end = Math.min(rows, begin + ROWS_PER_INSERT);
    const values = [];
    for (let n = begin; n < end; n++) values.push(`(${row(n)})`);
    yield `INSERT INTO ${table} VALUES\n${values.join(',\n')};\n`;
  }
}

/** Text as an SQL string. @throws RecdistillError `usage` for a character that PostgreSQL cannot store */
function sqlText(text: string): string {
  if (text.includes('\0')) {
    const problem = `the id or label ${JSON.stringify(text.slice(0, 60))} contains the character 0, which PostgreSQL cannot store`;
    fail('usage', { problem, hint: 'Use another format.' });
  }
  return `'${text.replaceAll("'", "''")}'`;
}
