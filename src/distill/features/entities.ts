/** The users and items whose embeddings a step teaches. */
import { itemsOf } from '../../data/interactions.js';
import { stream, uniformInt } from '../../math/random.js';
import type { Batch } from '../../models/_model.js';
import type { DistillContext } from '../_method.js';
import { everyOneOnce, usersOf, usersOfBatch } from '../batch-users.js';

export interface Entities {
  /** Distinct users. */
  readonly users: Int32Array;
  /**
   * Lists of distinct items. Of a batch of interactions there are two, its positives and its negatives, and an item may be in both; else one.
   */
  readonly items: readonly Int32Array[];
}

export interface BatchEntities {
  /** Valid until the next call. */
  of(batch: Batch): Entities;
  close(): void;
}

/**
 * @param lossUsers `all`: every user and every item once per epoch, spread over the steps. `batch`: those of the batch
 * @param purpose names the random streams
 */
export const createEntities = (context: DistillContext, lossUsers: 'all' | 'batch', purpose: string): BatchEntities =>
  lossUsers === 'all' ? everyone(context, purpose) : parties(context);

function everyone(context: DistillContext, purpose: string): BatchEntities {
  const users = everyOneOnce(context, usersOf(context), `${purpose} users`);
  const items = everyOneOnce(context, context.train.nItems, `${purpose} items`);
  return {
    of: (batch) => ({ users: users.pick(batch), items: [items.pick(batch)] }),
    close() {
      users.close();
      items.close();
    },
  };
}

/** As many random users and random items as the batch has rows, each at most once. All of them if there are fewer. */
export function randomEntities(context: DistillContext, purpose: string): BatchEntities {
  const { kernels: k, train, batchSize, batchesPerEpoch, seed } = context;
  const draw = (of: number | Int32Array, name: string) => {
    const ids = typeof of === 'number' ? Int32Array.from({ length: of }, (_, id) => id) : of.slice();
    const key = stream(seed, `${purpose} random ${name}`);
    const drawn = k.ints(Math.min(batchSize, ids.length));
    const pick = ({ epoch, index, size }: Batch): Int32Array => {
      const step = (epoch - 1) * batchesPerEpoch + index;
      const count = Math.min(size, ids.length);
      // The first steps of a shuffle of the ids in ascending order, which are put back: the result depends on nothing before.
      const swapped: number[] = [];
      for (let n = 0; n < count; n++) {
        const other = n + uniformInt(key, step, n, ids.length - n);
        [ids[n], ids[other]] = [ids[other]!, ids[n]!];
        swapped.push(other);
        drawn[n] = ids[n]!;
      }
      for (let n = count - 1; n >= 0; n--) [ids[n], ids[swapped[n]!]] = [ids[swapped[n]!]!, ids[n]!];
      return drawn.subarray(0, count);
    };
    return { pick, close: () => k.free(drawn) };
  };
  const users = draw(usersOf(context), 'users');
  const items = draw(train.nItems, 'items');
  return {
    of: (batch) => ({ users: users.pick(batch), items: [items.pick(batch)] }),
    close() {
      users.close();
      items.close();
    },
  };
}

/** The distinct users of a batch, and its distinct positive and negative items. A batch of users has the items of these users only. */
function parties(context: DistillContext): BatchEntities {
  const { train } = context;
  const picker = usersOfBatch(context);
  return {
    of(batch) {
      const users = picker.pick(batch);
      if (batch.kind !== 'pairs')
        return { users, items: [distinct([...users].flatMap((u) => [...itemsOf(train, u)]))] };
      const { positives, negatives, size, perPositive } = batch;
      return {
        users,
        items: [distinct(positives.subarray(0, size)), distinct(negatives.subarray(0, size * perPositive))],
      };
    },
    close: picker.close,
  };
}

/** Ascending, each id once. */
export const distinct = (ids: Iterable<number>): Int32Array => Int32Array.from(new Set(ids)).sort();
