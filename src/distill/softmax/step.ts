/** The loss of the method `softmax` for some users and its gradient, in the form that fits the student and the catalogue. */
import { freeRows, type Rows, takeRows } from '../../kernels/index.js';
import { sampledSoftmaxLoss, softmaxListLoss } from '../../losses/index.js';
import { stream, uniformInt } from '../../math/random.js';
import type { Batch } from '../../models/_model.js';
import type { DistillContext } from '../_method.js';
import { createRowStep } from '../row-step.js';
import { createListStep } from '../user-lists.js';
import type { WeightedRows } from './lists.js';

export interface SoftmaxStepOptions {
  readonly scoreTemperature: number;
  readonly ownWeight: number;
  /** Number of remaining items that are sampled. Absent: all of them. */
  readonly remainder?: number | undefined;
}

export interface SoftmaxStepForm {
  /** Adds the gradient of `scale` times the loss, summed over `users`. Returns the loss without `scale`. */
  accumulate(users: Int32Array, scale: number, batch: Batch): number;
  close(): void;
}

/**
 * @param own train items of each user, in kernel memory
 * @param most maximum number of users per call
 */
export function createSoftmaxStep(
  context: DistillContext,
  own: Rows,
  listed: WeightedRows,
  o: SoftmaxStepOptions,
  most: number,
): SoftmaxStepForm {
  if (o.remainder !== undefined) return overSamples(context, listed, { ...o, remainder: o.remainder }, most);
  return context.student.factors ? overFactors(context, own, listed, o, most) : overRows(context, listed, o, most);
}

const between = <T extends { subarray(from: number, to: number): T }>({ indptr }: Rows, values: T, row: number): T =>
  values.subarray(indptr[row]!, indptr[row + 1]!);

/** Whole catalogue, for students with inner products: one fused kernel. */
function overFactors(
  { kernels: k, student, train }: DistillContext,
  own: Rows,
  listed: WeightedRows,
  { scoreTemperature: temperature, ownWeight }: SoftmaxStepOptions,
  most: number,
): SoftmaxStepForm {
  const losses = k.floats(most);
  return {
    accumulate(users, scale) {
      const { dim, userFactors, itemFactors, userGradient, itemGradient } = student.factors!(users);
      k.softmax({
        ...{ users, dim, nItems: train.nItems, own, listed, temperature, ownWeight, scale, losses },
        ...{ userVectors: userFactors, itemVectors: itemFactors, userGradient, itemGradient },
      });
      let loss = 0;
      for (let r = 0; r < users.length; r++) loss += losses[r]!;
      return loss;
    },
    close: () => k.free(losses),
  };
}

/** Whole catalogue, for any student. */
function overRows(
  context: DistillContext,
  listed: WeightedRows,
  { scoreTemperature: temperature, ownWeight }: SoftmaxStepOptions,
  most: number,
): SoftmaxStepForm {
  const { train } = context;
  const step = createRowStep(context, most);
  return {
    accumulate: (users, scale) =>
      step.accumulate(users, scale, (user, scores, gradient) => {
        const own = train.indices.subarray(train.indptr[user]!, train.indptr[user + 1]!);
        const lists = { listed: between(listed, listed.indices, user), weights: rowWeights(listed, user) };
        return softmaxListLoss(scores, { ...lists, own, temperature, ownWeight }, gradient);
      }),
    close: step.close,
  };
}

const rowWeights = ({ indptr, weights }: WeightedRows, row: number): ArrayLike<number> =>
  weights.subarray(indptr[row]!, indptr[row + 1]!);

/** Own items of a user in one step. More are sampled anew in each epoch. */
const MOST_OWN = 200;

/**
 * The listed items, own items and a sample of the remaining ones, for any student. The cost of a user does not depend on the catalogue. The
 * sample is with replacement. If there are no more remaining items than requested, all are used.
 */
function overSamples(
  context: DistillContext,
  listed: WeightedRows,
  o: SoftmaxStepOptions & { readonly remainder: number },
  most: number,
): SoftmaxStepForm {
  const { kernels: k, train, seed } = context;
  const { remainder, scoreTemperature: temperature, ownWeight } = o;
  const outside = takeRows(k, outsideOf(train, listed));
  let longest = 0;
  for (let u = 0; u < train.nUsers; u++) longest = Math.max(longest, listed.indptr[u + 1]! - listed.indptr[u]!);
  const width = longest + MOST_OWN + remainder;
  const step = createListStep(context, most, width);
  const [against, drawn] = [k.ints(most * remainder), k.ints(most * remainder)];
  const [key, ownKey] = [stream(seed, 'softmax remainder'), stream(seed, 'softmax own items')];
  const list = new Int32Array(width);
  const left = (user: number) => train.nItems - (outside.indptr[user + 1]! - outside.indptr[user]!);
  const ownOf = (user: number) => train.indices.subarray(train.indptr[user]!, train.indptr[user + 1]!);
  const takeAll = (user: number, at: number): number => {
    const out = between(outside, outside.indices, user);
    let [length, next] = [at, 0];
    for (let item = 0; item < train.nItems; item++) {
      if (out[next] === item) next += 1;
      else list[length++] = item;
    }
    return length;
  };
  return {
    accumulate(users, scale, { epoch, index }) {
      const n = users.length * remainder;
      users.forEach((user, at) => void against.fill(user, at * remainder, (at + 1) * remainder));
      k.negatives(drawn.subarray(0, n), against, outside, train.nItems, key, epoch, index * most * remainder);
      const listOf = (user: number, place: number): Int32Array => {
        const taught = between(listed, listed.indices, user);
        const own = ownOf(user);
        list.set(taught);
        const shown = Math.min(own.length, MOST_OWN);
        if (own.length <= MOST_OWN) list.set(own, taught.length);
        else {
          // The first places of a shuffled copy.
          const copy = own.slice();
          for (let at = 0; at < shown; at++) {
            const other = at + uniformInt(ownKey, epoch, user * MOST_OWN + at, own.length - at);
            [copy[at], copy[other]] = [copy[other]!, copy[at]!];
          }
          list.set(copy.subarray(0, shown), taught.length);
        }
        const from = taught.length + shown;
        if (left(user) <= remainder) return list.subarray(0, takeAll(user, from));
        list.set(drawn.subarray(place * remainder, (place + 1) * remainder), from);
        return list.subarray(0, from + remainder);
      };
      return step.accumulate(users, scale, listOf, (user, scores, gradient) => {
        const ownTotal = ownOf(user).length;
        const row = { weights: rowWeights(listed, user), own: Math.min(ownTotal, MOST_OWN), ownTotal };
        return sampledSoftmaxLoss(scores, { ...row, remainder: left(user), temperature, ownWeight }, gradient);
      });
    },
    close() {
      step.close();
      freeRows(k, outside);
      k.free(against, drawn);
    },
  };
}

/** Own and listed items of each user, ascending. */
function outsideOf(train: DistillContext['train'], listed: WeightedRows) {
  const indptr = new Int32Array(train.nUsers + 1);
  const indices = new Int32Array(train.indices.length + listed.indices.length);
  for (let u = 0, start = 0; u < train.nUsers; u++) {
    const own = train.indices.subarray(train.indptr[u]!, train.indptr[u + 1]!);
    const taught = between(listed, listed.indices, u);
    indices.set(own, start);
    indices.set(taught, start + own.length);
    start += own.length + taught.length;
    indices.subarray(indptr[u]!, start).sort();
    indptr[u + 1] = start;
  }
  return { columns: train.nItems, indptr, indices };
}
