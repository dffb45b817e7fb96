/** A loss on the scores of any pairs of a user and an item, taken back to the parameters of any model with the capability `scores`. */
import type { Kernels } from '../kernels/index.js';
import type { Pairs, ScoreLoss, TrainableModel } from './_model.js';
import { createScratch } from './scratch.js';

export interface PairLearner {
  /** Pairs that are best given at a time; a network keeps much of each until the loss is known, tables do not. */
  readonly atOnce: number;
  /**
   * Adds the gradient of the loss; returns the loss. Called between `forward` and `backward` of the model.
   * @param users the distinct users of the pairs, in kernel memory
   */
  learn(pairs: Pairs, users: Int32Array, loss: ScoreLoss): number;
  close(): void;
}

/** Some tens of megabytes in a network of usual size. */
const AT_ONCE = 16_384;

export function createPairLearner(k: Kernels, model: TrainableModel): PairLearner {
  const { factors, learnPairs } = model;
  if (!factors) {
    if (!learnPairs) throw new TypeError(`${model.name} does not have the capability scores`);
    return { atOnce: AT_ONCE, learn: (pairs, _users, loss) => learnPairs(pairs, loss), close() {} };
  }
  const scratch = createScratch(k);
  return {
    atOnce: Number.POSITIVE_INFINITY,
    learn({ users: rows, items }, users, loss) {
      const n = rows.length;
      const [scores, slopes] = [scratch.floats('scores', n), scratch.floats('slopes', n)];
      const f = factors(users);
      k.dotPairs(f.users, f.items, f.dim, rows, items, scores, n);
      const value = loss(scores, slopes);
      k.accumulate(f.userGradient, rows, f.items, items, slopes, f.dim, n);
      k.accumulate(f.itemGradient, items, f.users, rows, slopes, f.dim, n);
      return value;
    },
    close: scratch.close,
  };
}
