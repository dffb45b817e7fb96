/** The softmax loss on the score row of one user. */

/** The lists of one user. */
export interface SoftmaxRow {
  /** Items that the student should rank first, with their weights; an item may occur twice. */
  readonly listed: ArrayLike<number>;
  /** One non-negative weight per listed item. */
  readonly weights: ArrayLike<number>;
  /** The user's own items. They are not among the items that the listed ones compete with, unless they are listed. */
  readonly own: ArrayLike<number>;
  /** Items that the listed ones do not compete with. Default: `own`. */
  readonly excluded?: ArrayLike<number>;
  /** Divides the scores. Above 0. */
  readonly temperature: number;
  /** Weight of each own item, against all items. At least 0. */
  readonly ownWeight: number;
}

/**
 * sum over k of w_k * (log sum over i in C of e^(s_i / t) - s_k / t) + ownWeight * sum over own j of (log sum over all i of e^(s_i / t) - s_j / t),
 * where C is all items without the excluded ones; listed items are never excluded. Overwrites `gradient` with the gradient of the scores.
 * @param scores one per item, finite
 * @returns the loss
 */
export function softmaxListLoss(scores: ArrayLike<number>, row: SoftmaxRow, gradient: Float64Array): number {
  const { listed, weights, own, excluded = own, temperature: t, ownWeight } = row;
  const n = scores.length;
  const out = new Uint8Array(n);
  for (let k = 0; k < excluded.length; k++) out[excluded[k]!] = 1;
  for (let k = 0; k < listed.length; k++) out[listed[k]!] = 0;
  const [some, all] = [logSum(scores, t, out), logSum(scores, t)];
  let [loss, weight] = [0, 0];
  for (let k = 0; k < listed.length; k++) {
    weight += weights[k]!;
    loss += weights[k]! * (some - scores[listed[k]!]! / t);
  }
  for (let k = 0; k < own.length; k++) loss += ownWeight * (all - scores[own[k]!]! / t);
  for (let i = 0; i < n; i++) {
    const s = scores[i]! / t;
    const among = out[i] || weight === 0 ? 0 : weight * Math.exp(s - some);
    gradient[i] = (among + ownWeight * own.length * Math.exp(s - all)) / t;
  }
  for (let k = 0; k < listed.length; k++) gradient[listed[k]!]! -= weights[k]! / t;
  for (let k = 0; k < own.length; k++) gradient[own[k]!]! -= ownWeight / t;
  return loss;
}

/** log of the sum of e^(s / t) over the items that are not `out`; -Infinity without any. */
function logSum(scores: ArrayLike<number>, t: number, out?: Uint8Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) if (!out?.[i]) most = Math.max(most, scores[i]! / t);
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) if (!out?.[i]) sum += Math.exp(scores[i]! / t - most);
  return most + Math.log(sum);
}
