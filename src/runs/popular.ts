/** The list of popular items, as the least that a model should reach. */
import { type Dataset, itemCounts, itemsOf, type Rankings, storedFolderOf } from '../data/index.js';
import { createEvaluator, type EvaluationOptions } from '../eval/evaluation.js';

/** Above this many items in all lists, the comparison is not worth its memory. */
const MOST = 5e7;

/**
 * The value of the popular items on valid, in the metric that selects. Undefined if nothing is held out on valid, or if the data are very large or read from
 * a store.
 * @throws RecdistillError `bad-option`
 */
export function popularValue(dataset: Dataset, evaluation: EvaluationOptions): number | undefined {
  if (storedFolderOf(dataset) !== undefined) return undefined;
  const evaluator = createEvaluator(dataset, evaluation);
  const { nUsers, nItems } = dataset.train;
  const { depth, mask } = evaluator;
  if (!evaluator.selects || nUsers * depth > MOST) return undefined;
  const counts = itemCounts(dataset.train);
  const order = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
  const items = new Int32Array(nUsers * depth).fill(-1);
  for (let u = 0; u < nUsers; u++) {
    const known = new Set(itemsOf(mask.valid, u));
    let length = 0;
    for (let at = 0; at < order.length && length < depth; at++)
      if (!known.has(order[at]!)) items[u * depth + length++] = order[at]!;
  }
  const rankings: Rankings = { nUsers, nItems, depth, items };
  return evaluator.select(evaluator.valid(rankings));
}
