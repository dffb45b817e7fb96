/** Lists of popular items: the same for every user. */
import type { ListOptions, RankedItem } from './list-options.js';
import type { PopularItems, StudentModel } from './student-model.js';

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
