/**
 * The histories that a model of histories is trained with. In each epoch, a random part of every user's train items is left out of the history.
 * The items that are left out can be targets: no target is then in its own history.
 */
import type { Interactions } from '../data/interactions.js';
import { freeRows, type Kernels, type Rows, takeRows, type WeightedRows } from '../kernels/index.js';
import { stream, uniform, uniformInt } from '../math/random.js';
import { relativeWeights } from './base-loss.js';

/** A row for each user. Every train item of the user is in exactly one of both. */
export interface EpochHistories {
  readonly kept: Rows;
  /**
   * Weights are equal and sum to the number of train items of the user. With weights of interactions, each is multiplied by its weight
   * relative to the mean weight of all interactions.
   */
  readonly leftOut: WeightedRows;
}

export interface HistorySplit {
  /** All train items of each user. */
  readonly whole: Rows;
  /** The histories of an epoch, from 1. Valid until another epoch is asked for. */
  at(epoch: number): EpochHistories;
  close(): void;
}

/**
 * Each item is left out with probability `dropout`, drawn from the counter (epoch, position in the train data), so that it depends on
 * neither batches nor threads. Of two or more items, at least one is kept and, with `targets`, at least one is left out.
 * @param o `targets`: the items that are left out are the targets of the loss; `purpose` names the random streams
 */
export function createHistorySplit(
  k: Kernels,
  train: Interactions,
  {
    dropout,
    targets,
    seed,
    purpose,
  }: { readonly dropout: number; readonly targets: boolean; readonly seed: number; readonly purpose: string },
): HistorySplit {
  const { nUsers, indptr, indices } = train;
  const [dropKey, pickKey] = [stream(seed, `${purpose} history dropout`), stream(seed, `${purpose} one item`)];
  const whole = takeRows(k, { columns: train.nItems, indptr, indices });
  const weights = relativeWeights(train);
  let made: (EpochHistories & { epoch: number }) | undefined;
  const out = new Uint8Array(indices.length);

  /** Marks in `out` the items of a user that are left out. Returns their number. */
  const draw = (user: number, epoch: number): number => {
    const [from, to] = [indptr[user]!, indptr[user + 1]!];
    let count = 0;
    for (let at = from; at < to; at++) {
      out[at] = dropout > 0 && uniform(dropKey, epoch, at) < dropout ? 1 : 0;
      count += out[at]!;
    }
    if (to - from < 2 || (count > 0 && count < to - from) || (count === 0 && !targets)) return count;
    const one = from + uniformInt(pickKey, epoch, user, to - from);
    out[one] = count === 0 ? 1 : 0;
    return count === 0 ? 1 : count - 1;
  };
  const fill = ({ kept, leftOut }: EpochHistories, epoch: number): void => {
    let [inside, outside] = [0, 0];
    for (let user = 0; user < nUsers; user++) {
      const [from, to] = [indptr[user]!, indptr[user + 1]!];
      const share = (to - from) / draw(user, epoch);
      for (let at = from; at < to; at++) {
        if (out[at] === 0) kept.indices[inside++] = indices[at]!;
        else {
          leftOut.weights[outside] = share * weights[at]!;
          leftOut.indices[outside++] = indices[at]!;
        }
      }
      kept.indptr[user + 1] = inside;
      leftOut.indptr[user + 1] = outside;
    }
  };
  const empty = (): Rows => ({
    ...{ rows: nUsers, columns: train.nItems },
    ...{ indptr: k.ints(nUsers + 1), indices: k.ints(indices.length) },
  });
  return {
    whole,
    at(epoch) {
      made ??= { kept: empty(), leftOut: { ...empty(), weights: k.floats(indices.length) }, epoch: 0 };
      if (made.epoch !== epoch) {
        fill(made, epoch);
        made.epoch = epoch;
      }
      return made;
    },
    close() {
      freeRows(k, whole);
      if (!made) return;
      freeRows(k, made.kept);
      freeRows(k, made.leftOut);
    },
  };
}
