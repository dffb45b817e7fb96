/** The scores of any pairs of a user and an item, and a loss on them taken back to the parameters of any model with the capability `scores`. */
import type { Floats, Kernels } from '../kernels/index.js';
import type { ModelSpec, Pairs, ScoreLoss, TrainableModel } from './_model.js';
import { createScratch } from './scratch.js';

/** In training steps, between `forward` and `backward` of the model, its scores are those of the step: under dropout, where it has such. */
export interface PairLearner {
  /** Pairs that are best given at a time; a network keeps much of each until the loss is known, tables do not. */
  readonly runSync: number;
  /**
   * Writes the scores of pairs to `out`, in kernel memory.
   * @param users the distinct users of the pairs, in kernel memory; absent: they are looked up
   */
  score(pairs: Pairs, out: Floats, users?: Int32Array): void;
  /** Adds the gradient of the loss; returns the loss. Called between `forward` and `backward` of the model. @param users as in `score` */
  learn(pairs: Pairs, loss: ScoreLoss, users?: Int32Array): number;
  close(): void;
}

/** Some tens of megabytes in a network of usual size. */
const AT_ONCE = 16_384;

/** Whether a loss on any of its scores can train a model of this kind. */
export const learnsPairs = ({ kind, capabilities }: ModelSpec): boolean =>
  kind === 'trained' && capabilities.includes('scores');

export function createPairLearner(k: Kernels, model: TrainableModel): PairLearner {
  const { factors, learnPairs, scorePairs } = model;
  if (!factors) {
    if (!learnPairs || !scorePairs) throw new TypeError(`${model.name} does not have the capability scores`);
    return { runSync: AT_ONCE, score: scorePairs, learn: learnPairs, close() {} };
  }
  const scratch = createScratch(k);
  const distinct = createDistinct(model.nUsers);
  return {
    runSync: Number.POSITIVE_INFINITY,
    score({ users: rows, items }, out, users = distinct(rows)) {
      const f = factors(users, items);
      k.dotPairs(f.userFactors, f.itemFactors, f.dim, rows, items, out, rows.length);
    },
    learn({ users: rows, items }, loss, users = distinct(rows)) {
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

/** Each id once, in the order of first occurrence. */
function createDistinct(bound: number): (ids: Int32Array) => Int32Array {
  const lastIn = new Float64Array(bound);
  let calls = 0;
  return (ids) => {
    calls += 1;
    return ids.filter((id) => {
      if (lastIn[id] === calls) return false;
      lastIn[id] = calls;
      return true;
    });
  };
}
