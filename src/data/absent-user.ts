/** Why a user of a source is not in the data set that was made from it. */
import { withMinimum } from './filters.js';
import { itemCounts, itemsOf } from './interactions.js';
import { originOf } from './load.js';
import type { DataOptions } from './options.js';
import { isMerged } from './pairs.js';
import { interactionsOf, rated } from './prepare.js';
import { storedData } from './stored-data.js';

/**
 * Reads the source again and says which filter dropped a user, such as `it has 2 interactions, fewer than minUser 5`.
 * @param options how the data set was loaded
 * @returns undefined if the source does not have the user, if no filter dropped it, or for a stored data set
 * @throws RecdistillError as `loadDataset`
 */
export async function absentUser(options: DataOptions, userId: string): Promise<string | undefined> {
  // Its source is not known here.
  if ((await storedData(options)) !== undefined) return undefined;
  const { source, minUser: usual } = await originOf(options, true);
  const user = source.users.indexOf(userId);
  // A ready split is not filtered.
  if (user < 0 || source.parts.length > 1) return undefined;
  const part = source.parts[0]!;
  const rows = isMerged(part) ? part.userRows[user] : part.users.reduce((sum, u) => sum + Number(u === user), 0);
  const all = interactionsOf(source, rated(part, options, []), options);
  const own = itemsOf(all, user);
  if (own.length === 0) return `none of its ${rows} rows has at least minRating ${options.minRating}`;
  const [minUser, minItem] = [options.minUser ?? usual, options.minItem ?? 1];
  if (own.length < minUser)
    return `it has ${own.length} interaction${own.length === 1 ? '' : 's'}, fewer than minUser ${minUser}`;
  const kept = itemsOf(withMinimum(all, minUser, minItem, options.core), user);
  if (kept.length > 0) return undefined;
  const counts = itemCounts(all);
  const rare = own.filter((item) => counts[item]! < minItem).length;
  return `${rare} of its ${own.length} interactions are with items that have fewer than minItem ${minItem}, and what is left is too little (minUser ${minUser})`;
}
