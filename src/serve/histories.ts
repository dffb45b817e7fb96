/** What users have, from a file beside a bundle that has no histories: so that requests may name users. */
import { createHash } from 'node:crypto';
import { type PairOptions, pairOptions } from '../data/pair-options.js';
import { fail } from '../errors.js';
import { ownOptions, parseOptions } from '../options/options.js';
import type { StudentBundle, StudentModel } from '../student/index.js';
import type { ServeOptions } from './options.js';

/** A file of histories, and how it is read. */
export interface HistoriesSource {
  /** In any format that training data may have. */
  readonly file: string;
  readonly reading: PairOptions;
}

/** What was read from the file. */
export interface HistoriesReport {
  /** Number of users of the file, also those without a known item. */
  readonly users: number;
  /** How many of them have a vector in the bundle. Absent for a student without users. */
  readonly trainedUsers?: number;
  /** Number of distinct pairs of a user and an item that the student knows. */
  readonly interactions: number;
  /** Number of items of the file that the student does not know. */
  readonly unknownItems: number;
  /** Columns, numbers of rows, and what was left out. */
  readonly notes: readonly string[];
}

/** Items of users, as indices of the student. */
export interface Histories {
  readonly userIds: readonly string[];
  /** Row starts, length `userIds.length + 1`. */
  readonly indptr: Int32Array;
  /** Item indices, ascending and distinct within a row. */
  readonly indices: Int32Array;
  readonly report: HistoriesReport;
  /** SHA-256 (hex) of the content. */
  readonly sha256: string;
}

/** A bundle with the histories that are served with it. */
export interface ServedBundle extends StudentBundle {
  readonly histories?: Histories;
}

/** The file of --histories with its reading options. Undefined without one. */
export function historiesSource(options: ServeOptions): HistoriesSource | undefined {
  if (options.histories === undefined) return undefined;
  return {
    file: options.histories,
    reading: parseOptions(pairOptions, ownOptions(pairOptions, options), 'serve'),
  };
}

/** Names a bundle and its histories: equal keys mean equal answers. */
export const keyOf = ({ manifest, histories }: Pick<ServedBundle, 'manifest' | 'histories'>): string =>
  `${manifest.sha256}${histories?.sha256 ?? ''}`;

/**
 * Reads rows of user and item. Items that the student does not know are left out.
 * @throws RecdistillError `usage` for a bundle that has histories, `bad-data` if the student knows no item of the file, those of reading data
 */
export async function readHistories({ file, reading }: HistoriesSource, model: StudentModel): Promise<Histories> {
  if (model.seen) {
    fail('usage', {
      problem: '--histories is given, but the bundle has the histories of its own users',
      hint: 'Leave out --histories, or write a bundle without them: export RUN --without-histories, or --without-users.',
    });
  }
  // Loaded here, because it brings the data engine.
  const { readPairs } = await import('../data/index.js');
  const { users: userIds, items, pairs, notes } = await readPairs(file, reading);
  const known = new Map(model.itemIds.map((id, index) => [id, index]));
  const indexOf = items.map((id) => known.get(id));
  const lists: Set<number>[] = userIds.map(() => new Set());
  pairs.users.forEach((user, row) => {
    const item = indexOf[pairs.items[row]!];
    if (item !== undefined) lists[user]!.add(item);
  });
  const entries = lists.reduce((sum, { size }) => sum + size, 0);
  if (entries === 0) {
    const problem = `the student knows none of its ${items.length} items`;
    fail('bad-data', { path: file, problem, hint: 'Give the items with the ids of the training data.' });
  }
  const [indptr, indices] = [new Int32Array(userIds.length + 1), new Int32Array(entries)];
  for (const [user, list] of lists.entries()) {
    const begin = indptr[user]!;
    const end = begin + list.size;
    indices.set([...list], begin);
    indices.subarray(begin, end).sort();
    indptr[user + 1] = end;
  }
  const trained = new Set(model.userIds);
  const report: HistoriesReport = {
    users: userIds.length,
    ...(trained.size > 0 && { trainedUsers: userIds.filter((id) => trained.has(id)).length }),
    ...{ interactions: entries, unknownItems: indexOf.filter((item) => item === undefined).length, notes },
  };
  const texts = JSON.stringify([userIds, report]);
  const hash = createHash('sha256').update(texts).update(indptr).update(indices);
  return { userIds, indptr, indices, report, sha256: hash.digest('hex') };
}

/** The item ids of a user. Undefined for a user who is not in the histories. */
export type HistoryOf = (userId: string) => string[] | undefined;

export function createHistoryOf({ userIds, indptr, indices }: Histories, { itemIds }: StudentModel): HistoryOf {
  const rows = new Map(userIds.map((id, row) => [id, row]));
  return (userId) => {
    const row = rows.get(userId);
    if (row === undefined) return undefined;
    return Array.from(indices.subarray(indptr[row]!, indptr[row + 1]!), (item) => itemIds[item]!);
  };
}
