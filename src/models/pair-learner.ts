/** Scores of any (user, item) pairs, and back-propagation of a loss on them, for any model with the capability `scores`. */
import { fail } from '../errors.js';
import type { Floats, Kernels } from '../kernels/index.js';
import type { ModelSpec, Pairs, ScoreLoss, TrainableModel } from './_model.js';
import { createScratch } from './scratch.js';

/** Between `forward` and `backward` of the model, scores are those of the training step, for example under dropout. */
export interface PairLearner {
  /** Preferred number of pairs per call. A network keeps activations of each pair until the loss is known; tables do not. */
  readonly pairsPerCall: number;
  /**
   * Writes the scores of pairs to `out`, in kernel memory.
   * @param users the distinct users of the pairs, in kernel memory; default: found in the pairs
   */
  score(pairs: Pairs, out: Floats, users?: Int32Array): void;
  /** Adds the gradient of the loss; returns the loss. Called between `forward` and `backward` of the model. @param users as in `score` */
  learn(pairs: Pairs, loss: ScoreLoss, users?: Int32Array): number;
  close(): void;
}

/** Some tens of megabytes for a network of usual size. */
const PAIRS_PER_CALL = 16_384;

/** Whether a loss on any score can train models of this kind. */
export const learnsPairs = ({ kind, capabilities }: ModelSpec): boolean =>
  kind === 'trained' && capabilities.includes('scores');

export function createPairLearner(k: Kernels, model: TrainableModel): PairLearner {
  const { factors, learnPairs, scorePairs } = model;
  if (!factors) {
    if (!learnPairs || !scorePairs) throw new TypeError(`${model.name} does not have the capability scores`);
    return { pairsPerCall: PAIRS_PER_CALL, score: scorePairs, learn: learnPairs, close() {} };
  }
  const scratch = createScratch(k);
  const distinct = createDistinct(model);
  return {
    pairsPerCall: Number.POSITIVE_INFINITY,
    score({ users: rows, items }, out, users = distinct(rows, items)) {
      const f = factors(users, items);
      k.dotPairs(f.userFactors, f.itemFactors, f.dim, rows, items, out, rows.length);
    },
    learn({ users: rows, items }, loss, users = distinct(rows, items)) {
      const n = rows.length;
      const [scores, scoreGradients] = [scratch.floats('scores', n), scratch.floats('scoreGradients', n)];
      const f = factors(users, items);
      k.dotPairs(f.userFactors, f.itemFactors, f.dim, rows, items, scores, n);
      const value = loss(scores, scoreGradients);
      k.accumulate(f.userGradient, rows, f.itemFactors, items, scoreGradients, f.dim, n);
      k.accumulate(f.itemGradient, items, f.userFactors, rows, scoreGradients, f.dim, n);
      return value;
    },
    close: scratch.close,
  };
}

/** A kernel would read and write beyond its tables. @throws RecdistillError `misuse` */
export function checkIds(ids: Int32Array, bound: number, what: 'user' | 'item'): void {
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at]!;
    if (id >= 0 && id < bound) continue;
    const problem = `the ${what} at index ${at} is ${id}; expected 0 to ${bound - 1}`;
    fail('misuse', { problem, hint: `Give indices of ${what}s, counted from 0.` });
  }
}

/** Checks the pairs and returns each user once, in the order of first occurrence. */
function createDistinct({ nUsers, nItems }: TrainableModel): (users: Int32Array, items: Int32Array) => Int32Array {
  const lastIn = new Float64Array(nUsers);
  let calls = 0;
  return (users, items) => {
    checkIds(users, nUsers, 'user');
    checkIds(items, nItems, 'item');
    calls += 1;
    return users.filter((id) => {
      if (lastIn[id] === calls) return false;
      lastIn[id] = calls;
      return true;
    });
  };
}
