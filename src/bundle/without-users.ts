/** Students without personal data: the users or only their histories are left out. */
import { fail } from '../errors.js';
import { foldInSpace } from '../student/fold-in.js';
import { kindOf, type PopularItems, type StudentModel } from '../student/student-model.js';

/** Number of popular items that are kept. A longer list would serve only users who exclude most of it. */
const POPULAR = 1000;

/**
 * The student without its users: of the kind items-only, which answers by fold-in, like `recommendFromItems` before. It keeps the popular
 * items as numbers. A student of the kind items-only is returned as it is.
 */
export function withoutUsers(model: StudentModel): StudentModel {
  if (kindOf(model) === 'items-only') return model;
  const { nItems, dim, itemFactors, itemBiases, itemIds, labels, userFactors } = model;
  const popular = popularOf(model);
  const { userLength } = foldInSpace(userFactors, itemFactors, dim);
  return {
    ...{ nUsers: 0, nItems, dim, itemFactors, itemIds, userIds: [], userFactors: new Float32Array(0) },
    answer: { by: 'fold-in', userNorm: userLength },
    ...(itemBiases && { itemBiases }),
    ...(labels && { labels }),
    ...(popular && { popular }),
  };
}

/**
 * The student without what its users have, so that its lists may have these items. It keeps the popular items as numbers.
 * @throws RecdistillError `usage` if it has no histories
 */
export function withoutHistories(model: StudentModel): StudentModel {
  const { seen, ...rest } = model;
  if (!seen)
    return fail('usage', {
      problem: `the student is of the kind ${kindOf(model)} and has no histories`,
      hint: 'Leave out --without-histories.',
    });
  return { ...rest, popular: popularOf(model)! };
}

/** The items of most users, best first; ties go to the first in the catalogue. Undefined without histories. */
export function popularOf({ seen, nItems, popular }: StudentModel): PopularItems | undefined {
  return seen ? popularItems(seen.indices, nItems) : popular;
}

/** @param indices one item for each interaction */
export function popularItems(indices: Int32Array, nItems: number): PopularItems {
  const counts = new Int32Array(nItems);
  for (const item of indices) counts[item]! += 1;
  const items = Int32Array.from(counts.keys())
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, POPULAR);
  return { items, counts: Int32Array.from(items, (item) => counts[item]!) };
}
