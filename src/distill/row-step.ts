/** A loss on the scores of all items, for any student: rows of scores become rows of score gradients, which are back-propagated pair by pair. */
import type { Floats } from '../kernels/index.js';
import type { ScoreLoss } from '../models/_model.js';
import { createPairLearner } from '../models/pair-learner.js';
import type { DistillContext } from './_method.js';

export interface RowStep {
  /**
   * Adds `scale` times the gradient of the loss, summed over `users`. Returns the loss without `scale`.
   * @param loss of a user's scores, one per item; overwrites `gradient` with the derivative of each
   */
  accumulate(
    users: Int32Array,
    scale: number,
    loss: (user: number, scores: Floats, gradient: Float64Array) => number,
  ): number;
  close(): void;
}

/** Maximum number of scores in memory: 4 M values = 16 MB. */
const SCORES = 4_000_000;

/** @param most maximum number of users per call */
export function createRowStep(
  { kernels: k, student, train }: Pick<DistillContext, 'kernels' | 'student' | 'train'>,
  most: number,
): RowStep {
  const learner = createPairLearner(k, student);
  const perBlock = Math.max(1, Math.min(most, Math.floor(SCORES / train.nItems)));
  const scores = k.floats(perBlock * train.nItems);
  const pairs = Math.min(train.nItems, learner.pairsPerCall);
  const [users, items] = [k.ints(pairs), k.ints(pairs)];
  const gradient = new Float64Array(train.nItems);
  /** Back-propagates the score gradients of a user (which replace the scores) in parts. */
  const learn = (user: number, scoreGradients: Floats) => {
    for (let start = 0; start < train.nItems; start += pairs) {
      const n = Math.min(pairs, train.nItems - start);
      users.fill(user, 0, n);
      for (let at = 0; at < n; at++) items[at] = start + at;
      const part = { users: users.subarray(0, n), items: items.subarray(0, n) };
      const put: ScoreLoss = (_, out) => {
        out.set(scoreGradients.subarray(start, start + n));
        return 0;
      };
      learner.learn(part, put, users.subarray(0, 1));
    }
  };
  return {
    accumulate(chosen, scale, lossOf) {
      let loss = 0;
      for (let start = 0; start < chosen.length; start += perBlock) {
        const block = chosen.subarray(start, start + perBlock);
        student.scoreRows(block, scores);
        block.forEach((user, r) => {
          const row = scores.subarray(r * train.nItems, (r + 1) * train.nItems);
          loss += lossOf(user, row, gradient);
          for (let i = 0; i < train.nItems; i++) row[i] = scale * gradient[i]!;
          learn(user, row);
        });
      }
      return loss;
    },
    close() {
      learner.close();
      k.free(scores, users, items);
    },
  };
}
