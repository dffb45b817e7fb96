/**
 * SQL for PostgreSQL with the pgvector extension: tables of items, users and seen items, and a function that recommends.
 * The item bias is an extra column of the item vector, with 1 in the user vector, so that one operator (`<#>`, the inner
 * product) and its indexes define the order. With half precision there are two such columns: the second holds the
 * rounding error of the first.
 */

import { fail } from '../errors.js';
import { writeAtomic } from '../formats/index.js';
import { fromHalf, toHalf } from '../student/half.js';
import type { StudentModel } from '../student/index.js';
import { exporter } from './_exporter.js';
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
    writeAtomic(
      out,
      [...parts(model, notes.licence, precision === 'f16')].map((text) => Buffer.from(text)),
    );
  },
});

function* parts(model: StudentModel, licence: string, half: boolean): Generator<string> {
  const { nUsers, nItems, dim, userFactors, itemFactors, userBiases, itemBiases, labels, userIds, itemIds, seen } =
    model;
  const biasColumns = itemBiases ? (half ? 2 : 1) : 0;
  const columns = dim + biasColumns;
  if (columns > MAX_COLUMNS) {
    fail('usage', {
      problem: `the vectors would have ${columns} columns; pgvector allows at most ${MAX_COLUMNS}`,
      hint: 'Train a student with a smaller dim.',
    });
  }
  const type = `${half ? 'halfvec' : 'vector'}(${columns})`;
  const numbers = (table: Float32Array, row: number): number[] => {
    const own = table.slice(row * dim, (row + 1) * dim);
    return Array.from(half ? fromHalf(toHalf(own)) : own, exact);
  };
  const vector = (values: readonly number[]) => `'[${values.join(',')}]'`;
  const kind = half ? 'halfvec' : 'vector';

  yield `-- ${nUsers} users, ${nItems} items, ${dim} factors; made by recdistill. Terms: ${licence.replaceAll(/\s+/g, ' ')}
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
