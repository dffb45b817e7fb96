/** Lists for users without any known item. */
import type { ListOptions, RankedItem } from './list-options.js';
import { popularList } from './popular-list.js';
import type { StudentModel } from './student-model.js';

export interface Popular {
  /**
   * `popular`: items are ranked by their number of users, from the histories or the popular items of the bundle. `average`: the bundle has
   * neither, and items are ranked by their mean score over all users.
   */
  readonly basis: 'popular' | 'average';
  /** The best `k` items. The score is the number of users, or the mean score. Ties go to the first in the catalogue. */
  list(options: Omit<ListOptions, 'includeSeen'>): RankedItem[];
}

/** Ranks the whole catalogue once, or takes the popular items of the bundle. Undefined for a student without users that has none. */
export function createPopular(model: StudentModel): Popular | undefined {
  const { seen, popular, answer, nItems } = model;
  if (!seen && popular && popular.items.length > 0)
    return { basis: 'popular', list: (options) => popularList(model, popular, options) };
  if (answer) return undefined;
  const scores = seen ? countsOf(seen.indices, nItems) : meanScores(model);
  const items = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const counts = Float64Array.from(items, (item) => scores[item]!);
  return {
    basis: seen ? 'popular' : 'average',
    list: (options) => popularList(model, { items, counts }, options),
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
