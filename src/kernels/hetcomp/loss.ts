/**
 * The loss of HetComp on the scores of one user (Kang et al., WWW 2023; equations as in the authors' code at commit 59568a9). Used by the
 * public loss `losses/hetcomp.ts` and by the reference kernel. It is defined here because losses may import kernels, but not vice versa.
 */
import { DENOMINATOR_FLOOR, SCORE_LIMIT } from './layout.js';

/** `overall`: every item against the remainder, order ignored. `fine`: Plackett-Luce, in the order of the lists. */
export type HetcompPhase = 'overall' | 'fine';

/**
 * `published`: scores clamped to +-40 and denominators to at least 1e-5, as in the authors' code. A clamped score and a clamped
 * denominator have no gradient. `exact`: log-sum-exp without clamps, stable for every finite score.
 */
export type HetcompFormulas = 'published' | 'exact';

export interface HetcompRow {
  /** Observed items in rank order, padded with -1. An item that occurs twice counts twice. */
  readonly observed: ArrayLike<number>;
  /** The ensemble's items, best first, padded with -1. */
  readonly ranked: ArrayLike<number>;
  /** The user's train items, ascending. They are not in any remainder. */
  readonly train: ArrayLike<number>;
  readonly phase: HetcompPhase;
  readonly formulas: HetcompFormulas;
  /**
   * K; default `ranked.length`, -1 included. Phase `fine` uses the first floor(K / 2) and the first floor(K / 10) items of `ranked`. A user
   * with fewer than K candidates therefore has the same depths as others, as far as the list goes.
   */
  readonly topK?: number;
}

const LOG_FLOOR = Math.log(DENOMINATOR_FLOOR);

/**
 * The loss of one user; its derivative by each score is written to `gradient`.
 *
 * With U the items that are not train items, and s the scores:
 * - `overall`: sum over i in observed and in ranked of log(e^s_i + R) - s_i, where R = sum of e^s over U without ranked.
 * - `fine`: PL(observed, R_H) + (PL(H, R_H) + PL(Q, R_Q)) / 2, where H and Q are the first floor(K / 2) and floor(K / 10) of
 *   ranked, R_X = sum of e^s over U without X, and PL(A, R) = sum over k of log(sum over l >= k of e^s_Al + R) - s_Ak.
 *   An empty list adds nothing.
 *
 * @param scores one score for each item; ids in `row` are in `[0, scores.length)`
 * @param gradient of the same length; overwritten
 * @returns the loss, without a factor; not finite if a score that counts is not
 */
export function hetcompLoss(
  scores: ArrayLike<number>,
  row: HetcompRow,
  gradient: Float64Array | Float32Array | number[],
): number {
  const clamped = row.formulas === 'published';
  const floor = clamped ? LOG_FLOOR : Number.NEGATIVE_INFINITY;
  const topK = row.topK ?? row.ranked.length;
  const observed = withoutFilling(row.observed);
  const ranked = withoutFilling(row.ranked);
  const s = Float64Array.from(scores, (x) => (clamped ? Math.min(Math.max(x, -SCORE_LIMIT), SCORE_LIMIT) : x));
  gradient.fill(0);

  /** Adds the gradient e^(s_i + weight) of a remainder. `weight` is the logarithm of the sum of 1 / denominator. */
  const spread = (items: readonly number[], weight: number): void => {
    for (const i of items) gradient[i]! += Math.exp(s[i]! + weight);
  };

  let loss: number;
  if (row.phase === 'overall') {
    const rest = remainder(s.length, row.train, ranked);
    const logRest = logSumExp(rest.map((i) => s[i]!));
    let weight = Number.NEGATIVE_INFINITY;
    loss = 0;
    for (const i of [...observed, ...ranked]) {
      const part = plackettLuce(s, [i], logRest, floor, 1, gradient);
      loss += part.loss;
      weight = logAdd(weight, part.weight);
    }
    spread(rest, weight);
  } else {
    const half = ranked.slice(0, Math.floor(topK / 2));
    const tenth = ranked.slice(0, Math.floor(topK / 10));
    const restOfHalf = remainder(s.length, row.train, half);
    const restOfTenth = remainder(s.length, row.train, tenth);
    const logHalf = logSumExp(restOfHalf.map((i) => s[i]!));
    const logTenth = logSumExp(restOfTenth.map((i) => s[i]!));
    const first = plackettLuce(s, observed, logHalf, floor, 1, gradient);
    const second = plackettLuce(s, half, logHalf, floor, 0.5, gradient);
    const third = plackettLuce(s, tenth, logTenth, floor, 0.5, gradient);
    spread(restOfHalf, logAdd(first.weight, second.weight));
    spread(restOfTenth, third.weight);
    loss = first.loss + second.loss + third.loss;
  }
  if (clamped) {
    for (let i = 0; i < s.length; i++) if (Math.abs(scores[i]!) > SCORE_LIMIT) gradient[i] = 0;
  }
  return loss;
}

/**
 * factor * PL(list, R). Adds the gradient of the list's scores to `gradient`. Also returns the logarithm of factor * sum of
 * 1 / denominator, by which e^s of each remaining item is multiplied.
 */
function plackettLuce(
  s: Float64Array,
  list: readonly number[],
  logRest: number,
  floor: number,
  factor: number,
  gradient: Float64Array | Float32Array | number[],
): { loss: number; weight: number } {
  const logs = new Float64Array(list.length);
  let suffix = logRest;
  for (let k = list.length - 1; k >= 0; k--) {
    suffix = logAdd(suffix, s[list[k]!]!);
    logs[k] = suffix;
  }
  let loss = 0;
  let weight = Number.NEGATIVE_INFINITY;
  for (const [k, i] of list.entries()) {
    const log = logs[k]!;
    loss += factor * (Math.max(log, floor) - s[i]!);
    if (!(log < floor)) weight = logAdd(weight, Math.log(factor) - log);
    gradient[i]! += Math.exp(s[i]! + weight) - factor;
  }
  return { loss, weight };
}

/** The items of the row that are neither train items nor in `list`. */
function remainder(nItems: number, train: ArrayLike<number>, list: readonly number[]): number[] {
  const out = new Uint8Array(nItems);
  for (let k = 0; k < train.length; k++) out[train[k]!] = 1;
  for (const i of list) out[i] = 1;
  const rest: number[] = [];
  for (let i = 0; i < nItems; i++) if (out[i] === 0) rest.push(i);
  return rest;
}

function withoutFilling(list: ArrayLike<number>): number[] {
  const ids: number[] = [];
  for (let k = 0; k < list.length && list[k]! >= 0; k++) ids.push(list[k]!);
  return ids;
}

/** log(sum of e^x); minus infinity for no values. */
export function logSumExp(values: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < values.length; k++) most = Math.max(most, values[k]!);
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += Math.exp(values[k]! - most);
  return most + Math.log(sum);
}

/** log(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  const most = Math.max(a, b);
  if (most === Number.NEGATIVE_INFINITY) return most;
  return most + Math.log1p(Math.exp(Math.min(a, b) - most));
}
