/** Rankings by given histories, for users who are held out whole. */
import { type Interactions, itemsOf, packLists } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, type Rows, takeRows } from '../kernels/index.js';
import type { Histories, Model } from './_model.js';
import { brokenModel, checkScores } from './check.js';

/** Maximum number of scores in memory: 16 MB. */
const BLOCK = 4_000_000;

/** Users whose histories are scored at once. Depends on the number of items alone, because block sizes can affect the rounding of scores. */
export const historiesAtOnce = (nItems: number): number => Math.max(1, Math.floor(BLOCK / nItems));

/** Whether the user is held out whole: their scores are those of their history. */
export const hasHistory = (foldIn: Interactions | undefined, user: number): boolean =>
  foldIn !== undefined && foldIn.indptr[user + 1]! > foldIn.indptr[user]!;

/**
 * What answers for histories. The option `split` of the data is checked before training, so a model without it is not expected here.
 * @throws RecdistillError `broken-unit`
 */
const historiesOf = (model: Model): Histories =>
  model.histories ?? brokenModel(model.name, 'it cannot score the histories of users who are held out whole');

/** Writes the scores of all items for the histories of `users`. @throws RecdistillError `broken-unit` */
export function scoreHistories(k: Kernels, model: Model, foldIn: Interactions, users: Int32Array, out: Floats): void {
  const rows = historyRows(k, foldIn, users);
  try {
    historiesOf(model).score(rows, out);
  } finally {
    freeRows(k, rows);
  }
}

/**
 * Scores the histories of `users`, a block at a time.
 * @param visit called with the users of a block, in kernel memory, and their scores. Both are overwritten afterwards
 * @returns the share of `users` that is done, after each block
 * @throws RecdistillError `broken-unit` for a score that is not a number
 */
export function* scoringHistories(
  k: Kernels,
  model: Model,
  foldIn: Interactions,
  users: Int32Array,
  visit: (block: Int32Array, scores: Floats) => void,
): Generator<number, void> {
  const perBlock = Math.max(1, Math.min(users.length, historiesAtOnce(model.nItems)));
  const [rows, scores] = [k.ints(perBlock), k.floats(perBlock * model.nItems)];
  try {
    for (let start = 0; start < users.length; start += perBlock) {
      const block = rows.subarray(0, Math.min(perBlock, users.length - start));
      block.set(users.subarray(start, start + block.length));
      // A score that is not written is then found.
      scores.fill(Number.NaN);
      scoreHistories(k, model, foldIn, block, scores);
      checkScores(model, block, scores);
      visit(block, scores);
      yield (start + block.length) / users.length;
    }
  } finally {
    k.free(rows, scores);
  }
}

const historyRows = (k: Kernels, foldIn: Interactions, users: Int32Array): Rows =>
  takeRows(k, { columns: foldIn.nItems, ...packLists(Array.from(users, (u) => itemsOf(foldIn, u))) });
