/** The loss of HetComp for some users and its gradient, in the form that fits the student and the catalogue. */

import type { Rows } from '../../kernels/index.js';
import { type HetcompFormulas, type HetcompPhase, hetcompLoss, sampledHetcompLoss } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import type { Batch } from '../../models/_model.js';
import type { DistillContext } from '../_method.js';
import { createRowStep } from '../row-step.js';
import { createListStep } from '../user-lists.js';
import type { KnowledgeLists } from './lists.js';

export interface HetcompStepOptions {
  readonly formulas: HetcompFormulas;
  readonly observedK: number;
  /** Number of remaining items that are sampled. Absent: all unobserved items. */
  readonly remainder?: number | undefined;
}

export interface HetcompStep {
  /** Adds `scale` times the gradient of the loss, summed over `users`. Returns the loss without `scale`. */
  accumulate(users: Int32Array, phase: HetcompPhase, scale: number, batch: Batch): number;
  close(): void;
}

/** @param most maximum number of users per call */
export function createHetcompStep(
  context: DistillContext,
  lists: KnowledgeLists,
  o: HetcompStepOptions,
  most: number,
): HetcompStep {
  if (o.remainder !== undefined) return overSamples(context, lists, { ...o, remainder: o.remainder }, most);
  return context.student.factors ? overFactors(context, lists, o, most) : overRows(context, lists, o, most);
}

/** Whole catalogue, for students with inner products: one fused kernel. */
function overFactors(
  { kernels: k, student, train }: DistillContext,
  { train: rows, observed, ranked, topK }: KnowledgeLists,
  o: HetcompStepOptions,
  most: number,
): HetcompStep {
  const losses = k.floats(most);
  return {
    accumulate(users, phase, scale) {
      const f = student.factors!(users);
      k.hetcomp({
        ...{ users, dim: f.dim, nItems: train.nItems, train: rows, observed, ranked, topK, phase, scale, losses },
        ...{
          userVectors: f.userFactors,
          itemVectors: f.itemFactors,
          userGradient: f.userGradient,
          itemGradient: f.itemGradient,
        },
        formulas: o.formulas,
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
  { train: rows, observed, ranked, topK }: KnowledgeLists,
  { formulas }: HetcompStepOptions,
  most: number,
): HetcompStep {
  const step = createRowStep(context, most);
  return {
    accumulate: (users, phase, scale) =>
      step.accumulate(users, scale, (user, scores, gradient) => {
        const taught = { observed: rowOf(observed, user), ranked: ranked.subarray(user * topK, (user + 1) * topK) };
        return hetcompLoss(scores, { ...taught, train: rowOf(rows, user), phase, formulas, topK }, gradient);
      }),
    close: step.close,
  };
}

/**
 * The listed items and a sample of the remaining ones, for any student. The cost of a user does not depend on the catalogue. The sample is
 * with replacement. If there are no more remaining items than requested, all are used.
 */
function overSamples(
  context: DistillContext,
  { observed, ranked, topK, outside }: KnowledgeLists,
  { observedK, remainder }: { readonly observedK: number; readonly remainder: number },
  most: number,
): HetcompStep {
  const { kernels: k, train, seed } = context;
  const width = observedK + topK + remainder;
  const step = createListStep(context, most, width);
  const [against, drawn] = [k.ints(most * remainder), k.ints(most * remainder)];
  const key = stream(seed, 'hetcomp remainder');
  const list = new Int32Array(width);
  const left = (user: number) => train.nItems - rowOf(outside!, user).length;
  /** Writes all remaining items to the list. */
  const takeAll = (user: number, at: number): number => {
    const own = rowOf(outside!, user);
    let [length, next] = [at, 0];
    for (let item = 0; item < train.nItems; item++) {
      if (own[next] === item) next += 1;
      else list[length++] = item;
    }
    return length;
  };
  const listOf = (user: number, place: number): Int32Array => {
    const [first, second] = [rowOf(observed, user), rankingAt(ranked, topK, user)];
    list.set(first);
    list.set(second, first.length);
    const taught = first.length + second.length;
    if (left(user) <= remainder) return list.subarray(0, takeAll(user, taught));
    list.set(drawn.subarray(place * remainder, (place + 1) * remainder), taught);
    return list.subarray(0, taught + remainder);
  };
  return {
    accumulate(users, phase, scale, { epoch, index }) {
      const n = users.length * remainder;
      users.forEach((user, at) => void against.fill(user, at * remainder, (at + 1) * remainder));
      k.negatives(drawn.subarray(0, n), against, outside!, train.nItems, key, epoch, index * most * remainder);
      return step.accumulate(users, scale, listOf, (user, scores, gradient) => {
        const [own, count] = [rowOf(observed, user).length, rankingAt(ranked, topK, user).length];
        const row = { observed: own, ranked: count, remainder: left(user), phase, topK };
        return sampledHetcompLoss(scores, row, gradient);
      });
    },
    close() {
      step.close();
      k.free(against, drawn);
    },
  };
}

/** A user's list without the -1 at its end. */
function rankingAt(ranked: Int32Array, topK: number, user: number): Int32Array {
  const row = ranked.subarray(user * topK, (user + 1) * topK);
  const end = row.indexOf(-1);
  return end < 0 ? row : row.subarray(0, end);
}

const rowOf = ({ indptr, indices }: Rows, row: number): Int32Array => indices.subarray(indptr[row]!, indptr[row + 1]!);
