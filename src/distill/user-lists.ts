/** What methods share that teach by a short list of items for each user: scores of the lists, a loss on them, and its gradient back. */
import type { Floats } from '../kernels/index.js';
import type { Batch } from '../models/_model.js';
import type { DistillContext } from './_distiller.js';
import { usersOfBatch } from './batch-users.js';

export interface UserLists {
  /** Most items in a list. */
  readonly width: number;
  /** Writes a user's list in this epoch to the front of `items`; returns its length. Not called again for the same user and epoch. */
  fill(user: number, epoch: number, items: Int32Array): number;
  /** The loss on the scores of the list; writes the derivative with respect to each score. */
  loss(user: number, epoch: number, scores: Floats, gradient: Floats, items: Int32Array): number;
}

export interface ListLoss {
  /** Adds the gradient of `lambda` times the loss, summed over the distinct users of the batch; returns that sum. */
  accumulate(batch: Batch): number;
  close(): void;
}

export function createListLoss(
  context: Pick<DistillContext, 'kernels' | 'student' | 'train' | 'batchSize'>,
  lambda: number,
  lists: UserLists,
): ListLoss {
  const { kernels: k, student, train } = context;
  const { width } = lists;
  const picker = usersOfBatch(context);
  const length = picker.most * width;
  const [rows, items, scores, weights] = [k.ints(length), k.ints(length), k.floats(length), k.floats(length)];
  // Active users are in many batches of an epoch.
  const kept = { items: new Int32Array(train.users * width), lengths: new Int32Array(train.users), epoch: 0 };
  const listOf = (user: number, epoch: number): Int32Array => {
    if (kept.epoch !== epoch) {
      kept.lengths.fill(-1);
      kept.epoch = epoch;
    }
    const list = kept.items.subarray(user * width, (user + 1) * width);
    if (kept.lengths[user]! < 0) kept.lengths[user] = lists.fill(user, epoch, list);
    return list.subarray(0, kept.lengths[user]!);
  };
  return {
    accumulate(batch) {
      const { epoch } = batch;
      const users = picker.pick(batch);
      let n = 0;
      for (const user of users) {
        const list = listOf(user, epoch);
        items.set(list, n);
        rows.fill(user, n, n + list.length);
        n += list.length;
      }
      if (n === 0) return 0;
      const f = student.factors!(users);
      k.dotPairs(f.users, f.items, f.dim, rows, items, scores, n);
      let [loss, from] = [0, 0];
      for (const user of users) {
        const list = listOf(user, epoch);
        const to = from + list.length;
        if (to > from) loss += lists.loss(user, epoch, scores.subarray(from, to), weights.subarray(from, to), list);
        from = to;
      }
      for (let at = 0; at < n; at++) weights[at]! *= lambda;
      k.accumulate(f.userGradient, rows, f.items, items, weights, f.dim, n);
      k.accumulate(f.itemGradient, items, f.users, rows, weights, f.dim, n);
      return lambda * loss;
    },
    close() {
      picker.close();
      k.free(rows, items, scores, weights);
    },
  };
}
