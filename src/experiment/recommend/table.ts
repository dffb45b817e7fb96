/** Writes lists as a table of user, item, rank, score and label: Parquet or JSON lines. */
import { literal, type RowWriter, withDatabase } from '../../data/duckdb.js';
import type { Block, ListSource } from './_source.js';

export const tableFormats = ['parquet', 'jsonl'] as const;
export type TableFormat = (typeof tableFormats)[number];

const HOW = { parquet: 'FORMAT parquet, COMPRESSION zstd', jsonl: 'FORMAT json' } as const;
/** MB of memory for rows; the rest is on disk. */
const MEMORY = 384;
/** Rows between two turns of the event loop: some tens of milliseconds. */
const ROWS = 100_000;

export interface TableCounts {
  readonly users: number;
  readonly rows: number;
  /** Users without any item. */
  readonly empty: number;
}

export interface TableRequest {
  readonly source: ListSource;
  readonly k: number;
  /** Whether scores are written, if they are known. */
  readonly scores: boolean;
  readonly format: TableFormat;
  /** Users of the output. */
  readonly from: number;
  readonly to: number;
  readonly signal: AbortSignal;
  /** Called after each block, with the number of its last user. */
  readonly step: (done: number) => Promise<void>;
}

/**
 * Writes the lists of the blocks to `path`, in order. Rows are held by the database, which spills to disk.
 * @throws RecdistillError `interrupted`, `write-failed`, and those of `blocks`
 */
export async function writeTable(path: string, blocks: Iterable<Block>, request: TableRequest): Promise<TableCounts> {
  const { source, k, format, signal, step, from, to } = request;
  const scores = request.scores && source.hasScores;
  return withDatabase(
    async (db) => {
      // Sides of joins stay as written: with one thread, rows of the left side then keep their order.
      await db.query("SET disabled_optimizers = 'join_order,build_side_probe_side'");
      const label = source.labels ? ', label VARCHAR' : '';
      await db.query(`CREATE TABLE items (place INTEGER, id VARCHAR${label})`);
      await db.query('CREATE TABLE users (place INTEGER, id VARCHAR)');
      await db.query(`CREATE TABLE lists ("user" INTEGER, item INTEGER, rank INTEGER${scores ? ', score FLOAT' : ''})`);
      const items = await db.append('items', ['INTEGER', 'VARCHAR', ...(source.labels ? ['VARCHAR' as const] : [])]);
      for (let at = 0; at < source.itemIds.length; at++) {
        items.set(0, at);
        items.set(1, source.itemIds[at]!);
        if (source.labels) items.set(2, source.labels[at] || null);
        items.next();
        if (at % ROWS === 0) await step(0);
      }
      items.close();
      const users = await db.append('users', ['INTEGER', 'VARCHAR']);
      for (let n = from; n < to; n++) {
        users.set(0, n);
        users.set(1, source.userId(n));
        users.next();
        if (n % ROWS === 0) await step(0);
      }
      users.close();
      const lists = await db.append('lists', ['INTEGER', 'INTEGER', 'INTEGER', ...(scores ? ['FLOAT' as const] : [])]);
      let [rows, empty] = [0, 0];
      for (const block of blocks) {
        const most = Math.max(1, Math.floor(ROWS / Math.max(1, k)));
        for (let r = 0; r < block.count; r += most) {
          const end = Math.min(block.count, r + most);
          const added = append(lists, block, r, end, k, scores);
          rows += added.rows;
          empty += added.empty;
          await step(block.from + end - from);
        }
      }
      lists.close();
      const columns = [
        'u.id AS "user", i.id AS item, rank',
        ...(scores ? ['score'] : []),
        ...(label ? ['i.label'] : []),
      ];
      await db.query(
        `COPY (SELECT ${columns.join(', ')} FROM lists LEFT JOIN users u ON lists."user" = u.place ` +
          `LEFT JOIN items i ON lists.item = i.place) TO ${literal(path)} (${HOW[format]})`,
      );
      return { users: to - from, rows, empty };
    },
    MEMORY,
    { threads: 1, signal },
  );
}

/** Appends the lists `begin` to `end` of a block. */
function append(
  lists: RowWriter,
  { from, items, scores }: Block,
  begin: number,
  end: number,
  k: number,
  withScores: boolean,
) {
  let [rows, empty] = [0, 0];
  for (let r = begin; r < end; r++) {
    if (k === 0 || items[r * k]! < 0) empty += 1;
    for (let n = 0; n < k && items[r * k + n]! >= 0; n++) {
      lists.set(0, from + r);
      lists.set(1, items[r * k + n]!);
      lists.set(2, n + 1);
      if (withScores) lists.set(3, scores ? scores[r * k + n]! : null);
      lists.next();
      rows += 1;
    }
  }
  return { rows, empty };
}
