/** Students without personal data: the users or only their histories are left out. */
import { fail } from '../errors.js';
import { foldInSpace } from '../student/fold-in.js';
import { popularOf } from '../student/popular-list.js';
import { kindOf, type StudentModel } from '../student/student-model.js';

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
