/**
 * The loss of HetComp with a sampled remainder: of the items that only have to stand behind the taught ones a few are drawn, and each stands for
 * as many as there are of it. With all of them drawn it is `hetcompLoss`.
 */
import { type HetcompPhase, logAdd, logSumExp, rankedPart } from '../kernels/hetcomp-row.js';
import type { Floats } from '../kernels/index.js';

export interface SampledHetcompRow {
  /** Scores at the front that are of observed items, in rank order. */
  readonly observed: number;
  /** Scores behind them that are of the teachers' items: unobserved, each once, best first. The rest are of drawn items, each once. */
  readonly ranked: number;
  /** Items that the drawn ones stand for: those neither observed nor ranked. At least as many as are drawn. */
  readonly remainder: number;
  readonly phase: HetcompPhase;
  /** K: phase `fine` uses the first floor(K / 2) and the first floor(K / 10) ranked items, as far as there are so many. */
  readonly topK: number;
}

/**
 * The loss of `hetcompLoss` in exact arithmetic, where the sum of e^s over the n drawn items counts remainder / n times: log(remainder / n) is
 * added to their scores. The sum is unbiased for items drawn uniformly; its logarithm is too small in the mean, by about half the
 * variance of the sum over the square of its mean, which falls as 1 / n.
 * @param scores of the observed, the ranked and the drawn items in turn
 * @param gradient gets the derivative with respect to each score; of the same length
 */
export function sampledHetcompLoss(scores: Floats, row: SampledHetcompRow, gradient: Floats): number {
  const { phase, topK, remainder } = row;
  const from = row.observed + row.ranked;
  const correction = from < scores.length ? Math.log(remainder / (scores.length - from)) : 0;
  const logRest = correction + logSumExp(scores.subarray(from));
  const observed = places(0, row.observed);
  const ranked = places(row.observed, from);
  gradient.fill(0);

  let loss = 0;
  /** Adds a part to the loss; returns the logarithm of what e^s of each item of its remainder is to be multiplied by. */
  const teach = (list: readonly number[], log: number, factor: number): number => {
    const part = rankedPart(scores, list, log, Number.NEGATIVE_INFINITY, factor, gradient);
    loss += part.loss;
    return part.weight;
  };
  let weight = Number.NEGATIVE_INFINITY;
  if (phase === 'overall') {
    for (const i of [...observed, ...ranked]) weight = logAdd(weight, teach([i], logRest, 1));
  } else {
    for (const part of [2, 10]) {
      const depth = Math.min(Math.floor(topK / part), row.ranked);
      // Ranked items behind those that are taught belong to the remainder, exactly.
      const behind = row.observed + depth;
      const log = logAdd(logRest, logSumExp(scores.subarray(behind, from)));
      const own = teach(ranked.slice(0, depth), log, 0.5);
      const all = part === 2 ? logAdd(own, teach(observed, log, 1)) : own;
      for (let i = behind; i < from; i++) gradient[i]! += Math.exp(scores[i]! + all);
      weight = logAdd(weight, all);
    }
  }
  for (let i = from; i < scores.length; i++) gradient[i]! += Math.exp(scores[i]! + correction + weight);
  return loss;
}

const places = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);
