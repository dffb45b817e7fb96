/** Rankings by tables without a model, such as those of a teacher. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Kernels } from '../kernels/index.js';
import type { Tables } from './_model.js';
import { type RankOptions, rankAll } from './rank.js';

/**
 * The best `depth` items of every user by inner product, among all items that are not in `mask`; ties go to the lower item id.
 * @param tables need not be in kernel memory
 * @param mask over the users and the items of the tables
 * @throws RecdistillError `interrupted`, from the step
 */
export async function rankTables(
  k: Kernels,
  { userFactors, itemFactors, dim }: Tables,
  mask: Interactions,
  depth: number,
  options: Omit<RankOptions, 'foldIn'> = {},
): Promise<Rankings> {
  const { nUsers, nItems } = mask;
  const [users, items] = [userFactors, itemFactors].map((table) => {
    const copy = k.floats(table.length);
    copy.set(table);
    return copy;
  });
  const own = { userFactors: users!, itemFactors: items!, dim };
  const scoreRows = () => {
    throw new TypeError('rankings by tables need no rows of scores');
  };
  const model = {
    name: 'a teacher',
    nUsers,
    nItems,
    parameters: [],
    size: 0,
    tables: () => own,
    scoreRows,
    close() {},
  };
  try {
    return await rankAll(k, model, mask, depth, options);
  } finally {
    k.free(users!, items!);
  }
}
