/** Paired significance tests of two evaluations over the same users. Only the per-user differences matter. */

import { normalUpperTail, studentUpperTail } from '../math/distributions.js';
import { pairedDifferences } from './differences.js';

/** Paired t test of d = a - b. Fields are NaN if they are not defined: n < 2, or all differences 0. */
export interface PairedT {
  /** mean(d) / (sd(d) / sqrt(n)). */
  readonly t: number;
  /** n - 1. */
  readonly df: number;
  /** p-value of "the means are equal" against "they differ". */
  readonly pTwoSided: number;
  /** p-value against "the mean of a is greater". */
  readonly pGreater: number;
  /** p-value against "the mean of a is less". */
  readonly pLess: number;
  readonly meanDifference: number;
  /** Standard deviation of d, with n - 1 in the denominator. */
  readonly sdDifference: number;
  /** Cohen's d_z = mean(d) / sd(d), the size of the effect in standard deviations of the difference. */
  readonly dz: number;
}

/** Wilcoxon signed-rank test of d = a - b. Fields are NaN if they are not defined. */
export interface WilcoxonSignedRank {
  /** Sum of the ranks of |d| over the positive differences; zeros dropped, ties (up to rounding) averaged. */
  readonly plus: number;
  /** The same over the negative differences. */
  readonly minus: number;
  /** Number of nonzero differences. */
  readonly nonzero: number;
  /** min(plus, minus). */
  readonly statistic: number;
  /** Two-sided, from the normal approximation with the variance corrected for ties. */
  readonly pAsymptotic: number;
  /** The same with a continuity correction of 1/2. */
  readonly pContinuity: number;
  /** Two-sided, from the exact distribution; NaN with ties, with zeros, or with more than 50 differences. */
  readonly pExact: number;
  /** Exact, against "a is greater". NaN if `pExact` is NaN. */
  readonly pExactGreater: number;
  /** The p-value to report: `pExact` if it is defined, else `pContinuity`. */
  readonly p: number;
}

/** For larger n, the counts of the exact distribution, up to 2^n, would not be exact in double precision. */
const MAX_EXACT = 50;

/** Mathematically equal differences (0.9 - 0.8 and 0.1 - 0) may differ by this, relative to the values. */
const ROUNDING = 16 * Number.EPSILON;

/**
 * Paired t test.
 * @param a one value per user
 * @param b the values of the same users, in the same order
 * @throws RecdistillError `needs-not-met` if the lengths differ
 */
export function pairedT(a: ArrayLike<number>, b: ArrayLike<number>): PairedT {
  const d = pairedDifferences(a, b);
  const n = d.length;
  let sum = 0;
  for (const x of d) sum += x;
  const meanDifference = sum / n;
  let squares = 0;
  for (const x of d) squares += (x - meanDifference) ** 2;
  const sdDifference = Math.sqrt(squares / (n - 1));
  const df = n - 1;
  const t = meanDifference / (sdDifference / Math.sqrt(n));
  return {
    t,
    df,
    pTwoSided: 2 * studentUpperTail(Math.abs(t), df),
    pGreater: studentUpperTail(t, df),
    pLess: studentUpperTail(-t, df),
    meanDifference,
    sdDifference,
    dz: meanDifference / sdDifference,
  };
}

/**
 * Wilcoxon signed-rank test.
 * @param a one value per user
 * @param b the values of the same users, in the same order
 * @throws RecdistillError `needs-not-met` if the lengths differ
 */
export function wilcoxonSignedRank(a: ArrayLike<number>, b: ArrayLike<number>): WilcoxonSignedRank {
  const d = pairedDifferences(a, b);
  const error = d.map((_, j) => ROUNDING * Math.max(Math.abs(a[j]!), Math.abs(b[j]!)));
  const order = Array.from(d.keys()).filter((j) => !(Math.abs(d[j]!) <= error[j]!));
  order.sort((i, j) => Math.abs(d[i]!) - Math.abs(d[j]!));
  const n = order.length;
  const tied = (i: number, j: number): boolean => Math.abs(Math.abs(d[i]!) - Math.abs(d[j]!)) <= error[i]! + error[j]!;
  let plus = 0;
  let minus = 0;
  let tieCorrection = 0;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && tied(order[start]!, order[end]!)) end += 1;
    const rank = (start + 1 + end) / 2;
    for (let k = start; k < end; k++) {
      if (d[order[k]!]! > 0) plus += rank;
      else minus += rank;
    }
    const together = end - start;
    tieCorrection += (together ** 3 - together) / 48;
    start = end;
  }
  const statistic = Math.min(plus, minus);
  const distance = (n * (n + 1)) / 4 - statistic;
  const sd = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tieCorrection);
  const pAsymptotic = 2 * normalUpperTail(distance / sd);
  const pContinuity = 2 * normalUpperTail(Math.max(0, distance - 0.5) / sd);
  const isExact = n > 0 && n === d.length && n <= MAX_EXACT && tieCorrection === 0;
  const tail = isExact ? exactUpperTails(n) : undefined;
  const pExactGreater = tail ? tail[plus]! : Number.NaN;
  const pExact = tail ? Math.min(1, 2 * tail[Math.max(plus, minus)]!) : Number.NaN;
  return {
    plus,
    minus,
    nonzero: n,
    statistic,
    pAsymptotic,
    pContinuity,
    pExact,
    pExactGreater,
    p: isExact ? pExact : pContinuity,
  };
}

/** `tails[w]` = P(W >= w), where W is the sum of a random subset of the ranks 1..n. */
function exactUpperTails(n: number): Float64Array {
  const most = (n * (n + 1)) / 2;
  // Number of subsets with each sum, rank by rank. Iterates downwards, so that each rank is used at most once.
  const ways = new Float64Array(most + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= n; rank++) {
    for (let sum = most; sum >= rank; sum--) ways[sum]! += ways[sum - rank]!;
  }
  for (let sum = most - 1; sum >= 0; sum--) ways[sum]! += ways[sum + 1]!;
  return ways.map((count) => count / 2 ** n);
}
