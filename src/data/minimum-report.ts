/** What `minUser` and `minItem` removed, each for itself. */
import { compact } from './filters.js';
import { count, type Interactions, itemCounts } from './interactions.js';

interface Minimum {
  readonly minUser: number;
  readonly minItem: number;
  readonly core: 'once' | 'k-core';
}

/**
 * A sentence such as `minUser 5 removed 21 of 60 users (51 interactions), minItem 2 removed 3 of 20 items (3 interactions)`. Interactions of
 * a removed user with a removed item count for the user. What `k-core` removes after that is counted together.
 * @param all before the filter
 * @param filtered after it, with the same numbering
 */
export function minimumReport(all: Interactions, filtered: Interactions, { minUser, minItem, core }: Minimum): string {
  const perItem = itemCounts(all);
  let [users, ofUsers, ofItems] = [0, 0, 0];
  for (let u = 0; u < all.nUsers; u++) {
    const [start, end] = [all.indptr[u]!, all.indptr[u + 1]!];
    if (end > start && end - start < minUser) {
      users += 1;
      ofUsers += end - start;
    } else for (let k = start; k < end; k++) ofItems += Number(perItem[all.indices[k]!]! < minItem);
  }
  const items = perItem.reduce((sum, n) => sum + Number(n > 0 && n < minItem), 0);
  const [before, after] = [compact(all).interactions, compact(filtered).interactions];
  const more = {
    users: before.nUsers - after.nUsers - users,
    items: before.nItems - after.nItems - items,
    interactions: count(all) - count(filtered) - ofUsers - ofItems,
  };
  const rest =
    core === 'once'
      ? `; ${more.users} users and ${more.items} items were left with none`
      : `; ${more.users} users and ${more.items} items (${more.interactions} interactions) then had too few (k-core)`;
  return [
    `minUser ${minUser} removed ${users} of ${before.nUsers} users (${ofUsers} interactions), `,
    `minItem ${minItem} removed ${items} of ${before.nItems} items (${ofItems} interactions)`,
    more.users + more.items > 0 ? rest : '',
  ].join('');
}
