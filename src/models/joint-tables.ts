/**
 * Scores of an item autoencoder that are comparable across items. The softmax of an item's logits is P(user | item). Its loss does not
 * determine the scale between items: all logits of an item can be shifted by a constant. By Bayes' rule,
 * log P(user | item) + log P(item) is comparable, with P(item) = the item's share of interactions.
 */
import { type Interactions, itemCounts } from '../data/interactions.js';
import type { Floats, Kernels } from '../kernels/index.js';
import type { Tables } from './_model.js';

/** Maximum number of logits in memory while they are summed: 4 M values = 16 MB. */
const BLOCK = 4_000_000;
/** Columns after those of the network: the shift of an item, padded like the rows of the network. */
const BEHIND = 4;

export interface JointTables {
  /**
   * Inner products of `users` and `items` plus the shift of each item, log n_i - log(sum over users of exp(logit)): log P(user, item)
   * up to a constant. An item without users counts as half a user. Valid until the next call.
   * @param from tables whose inner products are the logits
   */
  of(from: Tables): Tables;
  close(): void;
}

export function createJointTables(k: Kernels, train: Interactions): JointTables {
  const counts = itemCounts(train);
  let kept: { readonly userFactors: Floats; readonly itemFactors: Floats } | undefined;
  return {
    of({ userFactors, itemFactors, dim }) {
      const wide = dim + BEHIND;
      kept ??= { userFactors: k.floats(train.nUsers * wide), itemFactors: k.floats(train.nItems * wide) };
      widen(userFactors, train.nUsers, dim, kept.userFactors, () => 1);
      const sums = logSums(k, itemFactors, train.nItems, userFactors, train.nUsers, dim);
      widen(itemFactors, train.nItems, dim, kept.itemFactors, (i) => Math.log(Math.max(counts[i]!, 0.5)) - sums[i]!);
      return { ...kept, dim: wide };
    },
    close() {
      if (kept) k.free(kept.userFactors, kept.itemFactors);
    },
  };
}

/** Number of values in the tables and the sums. */
export const jointMemory = (rows: number, columns: number, dim: number): number =>
  (rows + columns) * (dim + BEHIND) + Math.max(columns, Math.min(BLOCK, rows * columns));

function widen(from: Floats, rows: number, dim: number, to: Floats, behind: (row: number) => number): void {
  const wide = dim + BEHIND;
  for (let r = 0; r < rows; r++) {
    to.set(from.subarray(r * dim, (r + 1) * dim), r * wide);
    to[r * wide + dim] = behind(r);
    to.fill(0, r * wide + dim + 1, (r + 1) * wide);
  }
}

/** log(sum over columns of exp(logit)) of each row. Logits are inner products of `rows` and `columns`. */
function logSums(k: Kernels, rows: Floats, n: number, columns: Floats, width: number, dim: number): Float64Array {
  const sums = new Float64Array(n);
  const most = Math.max(1, Math.min(n, Math.floor(BLOCK / width)));
  const [logits, losses] = [k.floats(most * width), k.floats(most)];
  // With the first column as the only target, the loss of a row is the wanted value minus the logit of that column.
  const [indptr, first] = [k.ints(most + 1), k.ints(most)];
  for (let r = 0; r <= most; r++) indptr[r] = r;
  first.fill(0);
  for (let start = 0; start < n; start += most) {
    const size = Math.min(most, n - start);
    k.gemm(rows.subarray(start * dim, (start + size) * dim), columns, logits, size, width, dim, 'nt');
    for (let r = 0; r < size; r++) sums[start + r] = logits[r * width]!;
    k.multinomial(logits, size, width, indptr, first, 1, losses);
    for (let r = 0; r < size; r++) sums[start + r]! += losses[r]!;
  }
  k.free(logits, losses, indptr, first);
  return sums;
}
