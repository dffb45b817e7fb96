/** What `minUser` and `minItem` removed, each for itself. */
import { count, type Interactions, itemCounts } from './interactions.js';

interface Minimum {
  readonly minUser: number;
  readonly minItem: number;
  readonly core: 'once' | 'k-core';
}

/** Counts before the filter. */
export interface BeforeMinimum {
  readonly rows: number;
  readonly nUsers: number;
  readonly nItems: number;
  /** Users and items below their minimums, and the interactions that they have. */
  readonly fewUsers: number;
  readonly fewItems: number;
  readonly ofUsers: number;
  readonly ofItems: number;
}

/** Counts what `minUser` and `minItem` remove, each for itself. Interactions of a removed user with a removed item count for the user. */
export function beforeMinimum(all: Interactions, { minUser, minItem }: Minimum): BeforeMinimum {
  const perItem = itemCounts(all);
  let [fewUsers, ofUsers, ofItems] = [0, 0, 0];
  for (let u = 0; u < all.nUsers; u++) {
    const [start, end] = [all.indptr[u]!, all.indptr[u + 1]!];
    if (end > start && end - start < minUser) {
      fewUsers += 1;
      ofUsers += end - start;
    } else for (let k = start; k < end; k++) ofItems += Number(perItem[all.indices[k]!]! < minItem);
  }
  const fewItems = perItem.reduce((sum, n) => sum + Number(n > 0 && n < minItem), 0);
  return { rows: count(all), ...occurring(all), fewUsers, fewItems, ofUsers, ofItems };
}

/** Numbers of users and items with interactions. */
function occurring(x: Interactions): { readonly nUsers: number; readonly nItems: number } {
  let nUsers = 0;
  for (let u = 0; u < x.nUsers; u++) nUsers += Number(x.indptr[u + 1]! > x.indptr[u]!);
  return { nUsers, nItems: itemCounts(x).reduce((sum, n) => sum + Number(n > 0), 0) };
}

/**
 * A sentence such as `minUser 5 removed 21 of 60 users (51 interactions), minItem 2 removed 3 of 20 items (3 interactions)`. What `k-core`
 * removes after that is counted together.
 * @param filtered after the filter
 */
export function minimumReport(
  before: BeforeMinimum,
  filtered: Interactions,
  { minUser, minItem, core }: Minimum,
): string {
  const after = occurring(filtered);
  const { fewUsers, fewItems, ofUsers, ofItems } = before;
  const more = {
    users: before.nUsers - after.nUsers - fewUsers,
    items: before.nItems - after.nItems - fewItems,
    interactions: before.rows - count(filtered) - ofUsers - ofItems,
  };
  const rest =
    core === 'once'
      ? `; ${more.users} users and ${more.items} items were left with none`
      : `; ${more.users} users and ${more.items} items (${more.interactions} interactions) then had too few (k-core)`;
  return [
    `minUser ${minUser} removed ${fewUsers} of ${before.nUsers} users (${ofUsers} interactions), `,
    `minItem ${minItem} removed ${fewItems} of ${before.nItems} items (${ofItems} interactions)`,
    more.users + more.items > 0 ? rest : '',
  ].join('');
}
