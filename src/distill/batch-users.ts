import { shuffle, stream } from '../math/random.js';
import type { Batch } from '../models/_model.js';
import { choice } from '../options/options.js';
import type { DistillContext } from './_method.js';

export const lossUsersShape = {
  lossUsers: choice(['all', 'batch'], {
    default: 'all',
    help: 'Users in the distillation loss. all: every user once per epoch, spread over the steps. batch: the users of the batch, so active users occur more often, as in published code.',
  }),
};

/** The same with one more value, for methods whose published code has one term per interaction of the batch. */
export const lossRowsShape = {
  lossUsers: choice(['all', 'batch', 'rows'], {
    default: 'all',
    help: 'Users in the distillation loss. all: every user once per epoch, spread over the steps. batch: the users of the batch, so active users occur more often. rows: as batch, each user as often as in the batch, as in published code.',
  }),
};

/** Selects the users of a training step. */
export interface BatchUsers {
  /** Maximum number of users per step. */
  readonly most: number;
  /** The users, in kernel memory. Valid until the next call. */
  pick(batch: Batch): Int32Array;
  close(): void;
}

/** @param purpose names the random stream */
export const createBatchUsers = (context: DistillContext, lossUsers: 'all' | 'batch', purpose: string): BatchUsers =>
  lossUsers === 'all' ? everyOneOnce(context, usersOf(context), purpose) : usersOfBatch(context);

/** The distinct users of a batch, ascending. */
export function usersOfBatch({
  kernels: k,
  train,
  batchSize,
}: Pick<DistillContext, 'kernels' | 'train' | 'batchSize'>): BatchUsers {
  const most = Math.min(batchSize, train.nUsers);
  const users = k.ints(most);
  return {
    most,
    pick(batch) {
      if (batch.kind === 'items') throw new TypeError('methods work on batches of users or of their interactions');
      const distinct = Int32Array.from(new Set(batch.users.subarray(0, batch.size))).sort();
      users.set(distinct);
      return users.subarray(0, distinct.length);
    },
    close: () => k.free(users),
  };
}

/** The users of the loss: all, or those who take part in training if others are held out whole. */
export const usersOf = ({ train }: Pick<DistillContext, 'train'>): number | Int32Array =>
  train.trainUsers ?? train.nUsers;

/**
 * Selects each of the given users (or items) once per epoch: a random order per epoch, split evenly over the batches.
 * @param of their ids, or a number n for 0 to n - 1
 */
export function everyOneOnce(
  { kernels: k, batchesPerEpoch, seed }: DistillContext,
  of: number | Int32Array,
  purpose: string,
): BatchUsers {
  const ids = typeof of === 'number' ? Int32Array.from({ length: of }, (_, id) => id) : of;
  const most = Math.ceil(ids.length / batchesPerEpoch);
  const users = k.ints(most);
  const key = stream(seed, purpose);
  const order = new Int32Array(ids.length);
  let shuffled = -1;
  return {
    most,
    pick({ epoch, index }) {
      if (shuffled !== epoch) {
        order.set(ids);
        shuffle(order, key, epoch);
        shuffled = epoch;
      }
      const part = order.subarray(index * most, (index + 1) * most);
      users.set(part);
      return users.subarray(0, part.length);
    },
    close: () => k.free(users),
  };
}
