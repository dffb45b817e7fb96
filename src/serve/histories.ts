/** What users have, from a file beside the bundle, for a student without users: so that requests may name users. */
import { createHash } from 'node:crypto';
import { fail } from '../errors.js';
import type { StudentBundle, StudentModel } from '../student/index.js';
import { kindOf } from '../student/index.js';

/** Items of users, as indices of the student. */
export interface Histories {
  readonly userIds: readonly string[];
  /** Row starts, length `userIds.length + 1`. */
  readonly indptr: Int32Array;
  /** Item indices, ascending and distinct within a row. */
  readonly indices: Int32Array;
  /** SHA-256 (hex) of the content. */
  readonly sha256: string;
}

/** A bundle with the histories that are served with it. */
export interface ServedBundle extends StudentBundle {
  readonly histories?: Histories;
}

/** Names a bundle and its histories: equal keys mean equal answers. */
export const keyOf = ({ manifest, histories }: Pick<ServedBundle, 'manifest' | 'histories'>): string =>
  `${manifest.sha256}${histories?.sha256 ?? ''}`;

/**
 * Reads rows of user and item. Items that the student does not know are left out.
 * @param file in any format that training data may have
 * @throws RecdistillError `usage` for a student with users, `bad-data` if the student knows no item of the file, those of reading data
 */
export async function readHistories(file: string, model: StudentModel): Promise<Histories> {
  if (kindOf(model) !== 'items-only') {
    const problem =
      '--histories is given, but the bundle is of the kind users-and-items and has the histories of its own users';
    fail('usage', {
      problem,
      hint: 'Leave out --histories, or write a bundle without users: export RUN --without-users.',
    });
  }
  // Loaded here, because it brings the data engine.
  const { readPairs } = await import('../data/index.js');
  const { users: userIds, items, pairs } = await readPairs(file);
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
  const hash = createHash('sha256').update(JSON.stringify(userIds)).update(indptr).update(indices);
  return { userIds, indptr, indices, sha256: hash.digest('hex') };
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
