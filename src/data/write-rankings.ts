/** Writes rankings to a file that any program can read, and that reads back to the same rankings. */
import { basename, dirname, resolve } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { discard, ioCode, makeFolder, publish, temporaryBeside, writeFailed } from '../formats/index.js';
import { createProgress } from '../progress.js';
import { literal, withDatabase } from './duckdb.js';
import type { Dataset } from './interactions.js';
import { type Rankings, rankingOf } from './rankings.js';
import { cleanedOnSignal } from './temporary.js';
import { writeLines } from './write-split.js';

export interface NamedLists {
  /** If absent in every entry, the file has no such column. */
  readonly teacher?: string;
  readonly checkpoint?: number;
  /** The list of a user is the concatenation of these, each item once. */
  readonly lists: readonly Rankings[];
  /** Only so many items of each list. Default: all. */
  readonly most?: number;
}

const TEXT = { csv: 'FORMAT csv, HEADER', tsv: "FORMAT csv, HEADER, DELIMITER '\t'", jsonl: 'FORMAT json' };
const SUFFIX = /\.(?:(csv|tsv|jsonl|ndjson)(\.gz|\.zst)?|(parquet|pq))$/i;

/**
 * Writes the columns user, item, rank (from 1) and, if given, teacher and checkpoint. The suffix determines the format:
 * .csv, .tsv or .jsonl, each also with .gz or .zst, or .parquet. The write is atomic and replaces an existing file.
 * @param users only those from the first to before the second. Default: all
 * @throws RecdistillError `usage` for another suffix, `write-failed`
 */
export async function writeRankingsTable(
  path: string,
  dataset: Dataset,
  entries: readonly NamedLists[],
  users: readonly [from: number, to: number] = [0, dataset.users.ids.length],
): Promise<void> {
  const how = formatOptions(path);
  const target = resolve(path);
  makeFolder(dirname(target));
  const temporary = [temporaryBeside(target), temporaryBeside(target)] as const;
  const columns = [
    ...['user', 'item', 'rank'],
    ...(entries.some((e) => e.teacher !== undefined) ? ['teacher'] : []),
    ...(entries.some((e) => e.checkpoint !== undefined) ? ['checkpoint'] : []),
  ];
  const keep = cleanedOnSignal(() => {
    for (const file of temporary) discard(file);
  });
  try {
    const total = entries.length * (users[1] - users[0]);
    const step = createProgress().task(`writing ${basename(target)}`, 'lists');
    const done = { lists: 0 };
    await writeLines(temporary[0], csvLines(dataset, entries, columns, users, done), () => step(done.lists, total));
    const types = columns.map((c) => `'${c}': '${c === 'rank' || c === 'checkpoint' ? 'INTEGER' : 'VARCHAR'}'`);
    await withDatabase(
      (db) =>
        db.query(
          `COPY (SELECT * FROM read_csv(${literal(temporary[0].replace(/[*?[]/g, '[$&]'))}, auto_detect=false, header=true, delim=',', ` +
            `quote='"', escape='"', columns={${types.join(', ')}})) TO ${literal(temporary[1])} (${how})`,
        ),
      undefined,
      { what: `packing ${basename(target)}` },
    );
    publish(temporary[1], target);
  } catch (cause) {
    if (cause instanceof RecdistillError) throw cause;
    if (ioCode(cause) !== undefined) writeFailed(path, cause);
    fail(
      'write-failed',
      { path, problem: cause instanceof Error ? cause.message.split('\n')[0] : String(cause) },
      cause,
    );
  } finally {
    for (const file of temporary) discard(file);
    keep();
  }
}

/** @throws RecdistillError `usage` if the end of the name is not a format of rankings */
export const checkRankingsName = (path: string): void => void formatOptions(path);

function formatOptions(path: string): string {
  const [, text, packed, binary] = SUFFIX.exec(path) ?? [];
  if (binary !== undefined) return 'FORMAT parquet, COMPRESSION zstd';
  if (text === undefined) {
    const hint = 'Use .csv, .tsv or .jsonl, each also with .gz or .zst, or .parquet.';
    fail('usage', { problem: `the suffix of ${path} is not a format of rankings`, hint });
  }
  const compression = packed === undefined ? 'none' : packed.toLowerCase() === '.gz' ? 'gzip' : 'zstd';
  const name = text.toLowerCase();
  return `${name === 'csv' || name === 'tsv' ? TEXT[name] : TEXT.jsonl}, COMPRESSION ${compression}`;
}

/** A quoted field (RFC 4180). The quotes preserve ids that are empty or whitespace. */
const field = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function* csvLines(
  { users, items }: Dataset,
  entries: readonly NamedLists[],
  columns: readonly string[],
  [from, to]: readonly [number, number],
  done: { lists: number },
): Generator<string> {
  yield columns.join(',');
  const itemFields = items.ids.map(field);
  for (const { teacher, checkpoint, lists, most = Number.POSITIVE_INFINITY } of entries) {
    const end = [
      ...(columns.includes('teacher') ? [field(teacher ?? '')] : []),
      ...(columns.includes('checkpoint') ? [checkpoint ?? ''] : []),
    ].map((text) => `,${text}`);
    for (let u = from; u < to; u++) {
      const user = field(users.ids[u]!);
      const list = new Set(lists.flatMap((r) => [...rankingOf(r, u)]));
      let rank = 0;
      for (const item of list) {
        if (rank >= most) break;
        yield `${user},${itemFields[item]},${++rank}${end.join('')}`;
      }
      done.lists += 1;
    }
  }
}
