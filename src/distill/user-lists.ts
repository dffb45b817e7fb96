/** Shared by methods with a loss on a short list of items per user: scores of the lists, the loss, and back-propagation. */
import { fail } from '../errors.js';
import type { Floats } from '../kernels/index.js';
import type { Batch, ScoreLoss } from '../models/_model.js';
import { checkIds, createPairLearner } from '../models/pair-learner.js';
import { shown } from '../options/unit-check.js';
import type { DistillContext } from './_method.js';
import { createBatchUsers } from './batch-users.js';

export interface UserLists {
  /** Maximum length of a list. */
  readonly width: number;
  /** Writes a user's list of this epoch to the start of `items` and returns its length. Called once per user and epoch. */
  fill(user: number, epoch: number, items: Int32Array): number;
  /** The loss on the scores of the list. Writes the derivative of each score to `gradient`. */
  loss(user: number, epoch: number, scores: Floats, gradient: Floats, items: Int32Array): number;
}

export interface ListStep {
  /**
   * Adds the gradient of `scale` times the loss, summed over `users`. Returns the loss without `scale`.
   * @param users distinct, in kernel memory
   * @param listOf the list of the user at an index of `users`; called once per call and user, and valid until the next call
   * @param loss as in `UserLists`, without the epoch
   */
  accumulate(
    users: Int32Array,
    scale: number,
    listOf: (user: number, place: number) => Int32Array,
    loss: (user: number, scores: Floats, gradient: Floats, items: Int32Array) => number,
  ): number;
  close(): void;
}

/** @param most maximum number of users per call; `width` is the maximum number of items of each */
export function createListStep(
  { kernels: k, student }: Pick<DistillContext, 'kernels' | 'student'>,
  most: number,
  width: number,
): ListStep {
  const learner = createPairLearner(k, student);
  const length = Math.min(most * width, Math.max(learner.pairsPerCall, width));
  const [rows, items] = [k.ints(length), k.ints(length)];
  return {
    accumulate(users, scale, listOf, loss) {
      let [sum, n, first] = [0, 0, 0];
      const lengths: number[] = [];
      const learn = (end: number) => {
        if (n === 0) return;
        const part = users.subarray(first, end);
        const pairs = { users: rows.subarray(0, n), items: items.subarray(0, n) };
        const lossOf: ScoreLoss = (scores, scoreGradients) => {
          let [value, from] = [0, 0];
          part.forEach((user, at) => {
            const to = from + lengths[at]!;
            const own = [scores, scoreGradients].map((x) => x.subarray(from, to)) as [Floats, Floats];
            if (to > from) value += loss(user, ...own, items.subarray(from, to));
            from = to;
          });
          for (let at = 0; at < n; at++) scoreGradients[at]! *= scale;
          return value;
        };
        sum += learner.learn(pairs, lossOf, part);
      };
      users.forEach((user, at) => {
        const list = listOf(user, at);
        if (n + list.length > length) {
          learn(at);
          [n, first, lengths.length] = [0, at, 0];
        }
        items.set(list, n);
        rows.fill(user, n, n + list.length);
        n += list.length;
        lengths.push(list.length);
      });
      learn(users.length);
      return sum;
    },
    close() {
      learner.close();
      k.free(rows, items);
    },
  };
}

/** A kernel would read and write beyond its tables. @throws RecdistillError `misuse` */
function checkedLength(length: number, list: Int32Array, nItems: number): number {
  if (!Number.isInteger(length) || length < 0 || length > list.length) {
    const problem = `fill returned the length ${shown(length)}; expected 0 to ${list.length}`;
    fail('misuse', { problem, hint: 'Return the number of items that were written.' });
  }
  checkIds(list.subarray(0, length), nItems, 'item');
  return length;
}

export interface ListLossOptions {
  /** Weight of the loss. */
  readonly lambda: number;
  /** `rows`: the loss of a user counts as often as the batch has interactions of this user. */
  readonly lossUsers: 'all' | 'batch' | 'rows';
}

export interface ListLoss {
  /** Adds the gradient of `lambda` times the loss, summed over the users of the step. Returns that sum. */
  accumulate(batch: Batch): number;
  close(): void;
}

/** How many interactions of each user a batch has. */
function rowsOfUsers(batch: Batch): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  if (batch.kind === 'items') return rows;
  for (const user of batch.users.subarray(0, batch.size)) rows.set(user, (rows.get(user) ?? 0) + 1);
  return rows;
}

export function createListLoss(
  context: DistillContext,
  { lambda, lossUsers }: ListLossOptions,
  lists: UserLists,
): ListLoss {
  const { train } = context;
  const { width } = lists;
  const perRow = lossUsers === 'rows';
  const picker = createBatchUsers(context, lossUsers === 'all' ? 'all' : 'batch', 'users of lists');
  const step = createListStep(context, picker.most, width);
  // Active users occur in many batches of an epoch.
  const kept = { items: new Int32Array(train.nUsers * width), lengths: new Int32Array(train.nUsers), epoch: 0 };
  const listOf = (user: number, epoch: number): Int32Array => {
    if (kept.epoch !== epoch) {
      kept.lengths.fill(-1);
      kept.epoch = epoch;
    }
    const list = kept.items.subarray(user * width, (user + 1) * width);
    if (kept.lengths[user]! < 0) kept.lengths[user] = checkedLength(lists.fill(user, epoch, list), list, train.nItems);
    return list.subarray(0, kept.lengths[user]!);
  };
  return {
    accumulate(batch) {
      const { epoch } = batch;
      const rows = perRow ? rowsOfUsers(batch) : undefined;
      const loss = step.accumulate(
        picker.pick(batch),
        lambda,
        (user) => listOf(user, epoch),
        (user, scores, gradient, items) => {
          const one = lists.loss(user, epoch, scores, gradient, items);
          const times = rows?.get(user) ?? 1;
          for (let at = 0; times !== 1 && at < gradient.length; at++) gradient[at]! *= times;
          return times * one;
        },
      );
      return lambda * loss;
    },
    close() {
      picker.close();
      step.close();
    },
  };
}
