/** Repairs a split for a student that continues: what the earlier student was trained on goes to train. */
import { fail } from '../errors.js';
import { selectEntries } from './filters.js';
import { pooled } from './final.js';
import { fingerprintOf } from './fingerprint.js';
import { count, type Dataset, fromPairs, has, type Interactions } from './interactions.js';

/** Pairs of external ids: the items of each user. */
export interface TrainedPairs {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** CSR over `userIds`. */
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
}

/** The pairs as interactions over the users and items of a data set. Users and items that it lacks are left out. */
export function pairsIn({ users, items, train }: Pick<Dataset, 'users' | 'items' | 'train'>, trained: TrainedPairs) {
  const rows: number[] = [];
  const columns: number[] = [];
  const itemOf = trained.itemIds.map((id) => items.index.get(id) ?? -1);
  for (const [row, id] of trained.userIds.entries()) {
    const user = users.index.get(id);
    if (user === undefined) continue;
    for (let k = trained.indptr[row]!; k < trained.indptr[row + 1]!; k++) {
      const item = itemOf[trained.indices[k]!]!;
      if (item < 0) continue;
      rows.push(user);
      columns.push(item);
    }
  }
  return fromPairs(train.nUsers, train.nItems, rows, columns);
}

/** Which entries of `x` are also in `pairs`, over the same users and items: 1 or 0 each. */
export function entriesIn(x: Interactions, pairs: Interactions): Uint8Array {
  const found = new Uint8Array(count(x));
  for (let u = 0; u < x.nUsers; u++)
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) found[k] = Number(has(pairs, u, x.indices[k]!));
  return found;
}

/** How many interactions were moved from a part to train. */
export interface MovedToTrain {
  readonly valid: number;
  readonly test: number;
}

/**
 * The data set with the interactions of valid and test that are among `trained` in train. Users and items keep their numbering.
 * @throws RecdistillError `needs-not-met` if users are held out whole, or if nothing is left in test
 */
export function keptInTrain<D extends Dataset>(
  dataset: D,
  trained: TrainedPairs,
): D & { readonly moved: MovedToTrain } {
  const { name, users, items, train, valid, test, foldIn, notes } = dataset;
  if (foldIn)
    fail('needs-not-met', {
      problem: `users of ${name} are held out whole, and moving a part of what they have to train would end that`,
      hint: 'Choose --split ratio, hash, leave-one-out or time.',
    });
  const pairs = pairsIn(dataset, trained);
  const [inValid, inTest] = [entriesIn(valid, pairs), entriesIn(test, pairs)];
  const rest = (x: Interactions, taken: Uint8Array) =>
    selectEntries(
      x,
      taken.map((t) => 1 - t),
    );
  const parts = {
    train: pooled([train, selectEntries(valid, inValid), selectEntries(test, inTest)], name),
    valid: rest(valid, inValid),
    test: rest(test, inTest),
  };
  const moved = { valid: count(valid) - count(parts.valid), test: count(test) - count(parts.test) };
  if (count(parts.test) === 0)
    fail('needs-not-met', {
      problem: `the earlier student was trained on all ${count(test)} test interactions of ${name}; none is left to evaluate on`,
      hint: 'Use data with interactions that the earlier student was not trained on.',
    });
  return {
    ...{ ...dataset, ...parts, moved },
    fingerprint: fingerprintOf(users.ids, items.ids, parts),
    notes: [
      ...notes,
      `moved to train, because the earlier student was trained on them: ${moved.valid} interactions of valid, ${moved.test} of test`,
    ],
  };
}
