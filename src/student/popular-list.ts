/** Popular items, and lists of them: the same for every user. */
import type { ListOptions, RankedItem } from './list-options.js';
import type { PopularItems, StudentModel } from './student-model.js';

/** Number of popular items that are kept. A longer list would serve only users who exclude most of it. */
const POPULAR = 1000;

/** The items of most users, best first; ties go to the first in the catalogue. @param indices one item for each interaction */
export function popularItems(indices: Int32Array, nItems: number): PopularItems {
  const counts = new Int32Array(nItems);
  for (const item of indices) counts[item]! += 1;
  const items = Int32Array.from(counts.keys())
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, POPULAR);
  return { items, counts: Int32Array.from(items, (item) => counts[item]!) };
}

/** The popular items of a model, or those of its histories. Undefined without either. */
export function popularOf({ seen, nItems, popular }: StudentModel): PopularItems | undefined {
  if (seen) return popularItems(seen.indices, nItems);
  return popular && popular.items.length > 0 ? popular : undefined;
}

/**
 * The first `k` popular items that the options allow; fewer if the model keeps no more. The score is the number of users.
 * @param items ranked items, best first, with their scores
 */
export function popularList(
  { itemIds, labels }: Pick<StudentModel, 'itemIds' | 'labels'>,
  { items, counts }: { readonly items: PopularItems['items']; readonly counts: ArrayLike<number> },
  { k = 10, exclude = [], candidates, filter = () => true }: Omit<ListOptions, 'includeSeen'>,
): RankedItem[] {
  const excluded = new Set(exclude);
  const wanted = candidates && new Set(candidates);
  const ranked: RankedItem[] = [];
  for (let place = 0; place < items.length && ranked.length < k; place++) {
    const item = items[place]!;
    const itemId = itemIds[item]!;
    if (excluded.has(itemId) || (wanted && !wanted.has(itemId)) || !filter(itemId)) continue;
    const label = labels?.[item];
    const entry = { itemId, rank: ranked.length + 1, score: counts[place]! };
    ranked.push(label ? { ...entry, label } : entry);
  }
  return ranked;
}
