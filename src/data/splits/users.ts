/**
 * Strong generalisation (Liang et al., Variational autoencoders for collaborative filtering, WWW 2018): shares of the users are held out
 * whole for valid and test. A part of the interactions of each held-out user is given to the model as history; the rest is evaluated.
 */
import { fail } from '../../errors.js';
import { shuffle, stream } from '../../math/random.js';
import { FOLD_IN, orderOf, partition, type Split, type SplitSpec, splitKey, TEST, VALID } from './_split.js';
import { EPSILON } from './ratio.js';

/** At least one interaction for the history and one to evaluate. */
const LEAST = 2;

/**
 * Users with fewer than two interactions stay in train. Of the others, floor(share * n) are held out for valid and for test each. Of a held-out
 * user's n interactions, floor((1 - foldInShare) * n), at least 1 and at most n - 1, are evaluated.
 * @throws RecdistillError `usage` for `holdOut: latest`, `needs-not-met` if a share above 0 leaves no user
 */
export const users: Split = (x, spec) => {
  if (spec.holdOut !== 'random') refuseLatest();
  const able = Int32Array.from({ length: x.nUsers }, (_, u) => u).filter(
    (u) => x.indptr[u + 1]! - x.indptr[u]! >= LEAST,
  );
  const nTest = usersOf('test', spec.ratios[2], able.length);
  const nValid = usersOf('valid', spec.ratios[1], able.length);
  shuffle(able, stream(spec.seed, 'split users'), 0);
  const part = new Uint8Array(x.indices.length);
  const key = splitKey(spec.seed);
  able.subarray(0, nValid + nTest).forEach((user, n) => {
    const order = orderOf(x, user, spec, key);
    const evaluated = Math.floor((1 - spec.foldInShare) * order.length + EPSILON);
    const history = order.length - Math.min(order.length - 1, Math.max(1, evaluated));
    order.forEach((entry, at) => {
      part[entry] = at < history ? FOLD_IN : n < nTest ? TEST : VALID;
    });
  });
  return partition(x, part, spec);
};

function usersOf(part: string, share: SplitSpec['ratios'][number], of: number): number {
  const n = Math.floor(share * of + EPSILON);
  if (n > 0 || share === 0) return n;
  return fail('needs-not-met', {
    problem: `the split users leaves no user in ${part}: a share of ${share} of ${of} users with at least ${LEAST} interactions is less than one user`,
    hint: `Give ${part} a larger share with --ratios (train, valid, test), or use more users.`,
  });
}

const refuseLatest = (): never =>
  fail('usage', {
    problem:
      'holdOut is latest, but the split users evaluates random interactions of held-out users; expected holdOut random',
    hint: 'Remove --hold-out, or choose the split ratio, leave-one-out or time to hold out the latest interactions.',
  });
