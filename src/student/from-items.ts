/** The vector of a user from the items they have, as the kind of a student computes it. */
import { shown } from './arguments.js';
import { type FoldInSpace, type FoldInWeights, foldIn, foldInDefaults, foldInSpace } from './fold-in.js';
import { historyVector } from './history.js';
import { StudentError } from './student-error.js';
import type { StudentModel } from './student-model.js';

/** @param items distinct item indices, ascending */
export type VectorOf = (items: Int32Array, weights: Partial<FoldInWeights>) => Float32Array;

/**
 * Checks the weights of fold-in, as far as they are given.
 * @throws StudentError `bad-argument`
 */
export function checkWeights(answer: StudentModel['answer'], { l2, unobserved }: Partial<FoldInWeights>): void {
  if (answer?.by === 'history' && (l2 !== undefined || unobserved !== undefined))
    refuse('l2 and unobserved do not apply: this student answers without fold-in', 'Leave them out.');
  if (l2 !== undefined && !(l2 > 0 && Number.isFinite(l2)))
    refuse(`l2 is ${shown(l2)}; expected a number above 0`, 'Try 30.');
  if (unobserved !== undefined && !(unobserved >= 0 && Number.isFinite(unobserved)))
    refuse(`unobserved is ${shown(unobserved)}; expected a number >= 0`, 'Try 0.03.');
}

/** Tables that it needs are computed with the first call. */
export function createVectorOf({
  answer,
  dim,
  userFactors,
  itemFactors,
}: Pick<StudentModel, 'answer' | 'dim' | 'userFactors' | 'itemFactors'>): VectorOf {
  let space: FoldInSpace | undefined;
  return (items, given) => {
    checkWeights(answer, given);
    if (answer?.by === 'history') return historyVector(answer.inputFactors, dim, items, answer.exponent);
    const weights = { l2: given.l2 ?? foldInDefaults.l2, unobserved: given.unobserved ?? foldInDefaults.unobserved };
    space ??= spaceOf();
    return Float32Array.from(foldIn(space, items, weights));
  };

  function spaceOf(): FoldInSpace {
    const made = foldInSpace(userFactors, itemFactors, dim);
    return answer?.by === 'fold-in' ? { ...made, userLength: answer.userNorm } : made;
  }
}

function refuse(message: string, hint: string): never {
  throw new StudentError('bad-argument', message, hint);
}
