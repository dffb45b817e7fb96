/** The ranks of all items for the users of a test part, beyond the stored lists. */
import { type Interactions, itemsOf } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, type RankOrder, takeRows } from '../kernels/index.js';
import type { Model } from './_model.js';
import { hasHistory, scoreHistories } from './rank-histories.js';

/** Maximum number of scores in memory: 16 MB, and as much for the ranks. */
const BLOCK = 4_000_000;

/**
 * Ranks all items for each user with items in `test`, a block of users at a time.
 * @param known its items are masked
 * @param foldIn histories of users who are held out whole: their scores are those of their histories
 * @param visit called with each user, ascending, and the rank of each item. The ranks are overwritten afterwards.
 * @returns number of these users
 */
export function rankTested(
  k: Kernels,
  model: Model,
  test: Interactions,
  known: Interactions,
  order: Pick<RankOrder, 'first' | 'maskedScore'>,
  visit: (user: number, ranks: Int32Array) => void,
  foldIn?: Interactions,
): number {
  const { nItems } = test;
  const evaluated = Array.from({ length: test.nUsers }, (_, u) => u).filter((u) => itemsOf(test, u).length > 0);
  const perBlock = Math.max(1, Math.min(evaluated.length, Math.floor(BLOCK / nItems)));
  const mask = takeRows(k, { columns: nItems, indptr: known.indptr, indices: known.indices });
  const [users, scores, ranks] = [k.ints(perBlock), k.floats(perBlock * nItems), k.ints(perBlock * nItems)];
  try {
    for (let start = 0; start < evaluated.length; start += perBlock) {
      const block = users.subarray(0, Math.min(perBlock, evaluated.length - start));
      block.set(evaluated.slice(start, start + block.length));
      scoreBlock(k, model, block, scores, foldIn);
      k.ranks(scores, block.length, nItems, { ...order, mask, maskRows: block }, ranks);
      block.forEach((user, r) => {
        visit(user, ranks.subarray(r * nItems, (r + 1) * nItems));
      });
    }
  } finally {
    freeRows(k, mask);
    k.free(users, scores, ranks);
  }
  return evaluated.length;
}

/** The scores of users of both kinds: rows by `scoreRows`, then those of held-out users replaced by the scores of their histories. */
function scoreBlock(
  k: Kernels,
  model: Model,
  block: Int32Array,
  scores: Floats,
  foldIn: Interactions | undefined,
): void {
  const heldOut = block.filter((u) => hasHistory(foldIn, u));
  if (heldOut.length < block.length) model.scoreRows(block, scores);
  if (!foldIn || heldOut.length === 0) return;
  const { nItems } = model;
  const own = k.floats(heldOut.length * nItems);
  scoreHistories(k, model, foldIn, heldOut, own);
  heldOut.forEach(
    (user, r) => void scores.set(own.subarray(r * nItems, (r + 1) * nItems), block.indexOf(user) * nItems),
  );
  k.free(own);
}
