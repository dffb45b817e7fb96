/** Lists for users without any known data. */
import type { ListOptions, RankedItem, StudentModel } from '../student/index.js';

export interface Popular {
  /**
   * `popular`: items are ranked by their number of users, from the `seen` table of the bundle. `average`: the bundle has
   * no such table, and items are ranked by their mean score over all users.
   */
  readonly basis: 'popular' | 'average';
  /** The best `k` items. The score is the number of users, or the mean score. Ties go to the first in the catalogue. */
  list(options: Omit<ListOptions, 'filter' | 'includeSeen'> & { readonly k: number }): RankedItem[];
}

/** Ranks the whole catalogue once. */
export function createPopular(model: StudentModel): Popular {
  const { itemIds, labels, seen } = model;
  const scores = seen ? countsOf(seen.indices, model.nItems) : meanScores(model);
  const order = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return {
    basis: seen ? 'popular' : 'average',
    list({ k, exclude = [], candidates }) {
      const excluded = new Set(exclude);
      const wanted = candidates && new Set(candidates);
      const ranked: RankedItem[] = [];
      for (let place = 0; place < order.length && ranked.length < k; place++) {
        const item = order[place]!;
        const itemId = itemIds[item]!;
        if (excluded.has(itemId) || (wanted && !wanted.has(itemId))) continue;
        const label = labels?.[item];
        const rank = ranked.length + 1;
        const score = scores[item]!;
        ranked.push(label ? { itemId, label, rank, score } : { itemId, rank, score });
      }
      return ranked;
    },
  };
}

function countsOf(indices: Int32Array, nItems: number): Float64Array {
  const counts = new Float64Array(nItems);
  for (const item of indices) counts[item]! += 1;
  return counts;
}

/** Scores are linear in the user factors, so the mean score is the score of the mean user factors. */
function meanScores({
  nUsers,
  nItems,
  dim,
  userFactors,
  itemFactors,
  userBiases,
  itemBiases,
}: StudentModel): Float64Array {
  const mean = new Float64Array(dim);
  for (let at = 0; at < userFactors.length; at++) mean[at % dim]! += userFactors[at]! / nUsers;
  let bias = 0;
  for (const b of userBiases ?? []) bias += b / nUsers;
  return Float64Array.from({ length: nItems }, (_, item) => {
    let score = bias + (itemBiases?.[item] ?? 0);
    for (let d = 0; d < dim; d++) score += mean[d]! * itemFactors[item * dim + d]!;
    return score;
  });
}
