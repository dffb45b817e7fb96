/**
 * The loss of HetComp with a sampled remainder: of the items that only have to stand behind the taught ones a few are drawn, and each stands for
 * as many as there are of it. With all of them drawn it is `hetcompLoss`.
 */
import { type HetcompPhase, logAdd, logSumExp } from '../kernels/hetcomp/loss.js';
import type { Floats } from '../kernels/index.js';

export interface SampledHetcompRow {
  /** Scores at the front that are of observed items, in rank order. */
  readonly observed: number;
  /** Scores behind them that are of the teachers' items: unobserved, each once, best first. The rest are of drawn items. */
  readonly ranked: number;
  /** Items that the drawn ones stand for: those neither observed nor ranked. */
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
  const { phase, topK, remainder, observed } = row;
  const from = observed + row.ranked;
  const correction = from < scores.length ? Math.log(remainder / (scores.length - from)) : 0;
  const logRest = correction + logSumExp(scores.subarray(from));
  gradient.fill(0);
  const lists = listsOf(scores, gradient);
  let weight = Number.NEGATIVE_INFINITY;
  if (phase === 'overall') {
    for (let i = 0; i < from; i++) weight = logAdd(weight, lists.teach(i, i + 1, logRest, 1));
  } else {
    for (const part of [2, 10]) {
      // Ranked items behind those that are taught belong to the remainder, exactly.
      const behind = observed + Math.min(Math.floor(topK / part), row.ranked);
      const log = logAdd(logRest, logSumExp(scores.subarray(behind, from)));
      let own = lists.teach(observed, behind, log, 0.5);
      if (part === 2) own = logAdd(own, lists.teach(0, observed, log, 1));
      for (let i = behind; i < from; i++) gradient[i]! += Math.exp(scores[i]! + own);
      weight = logAdd(weight, own);
    }
  }
  const spread = correction + weight;
  for (let i = from; i < scores.length; i++) gradient[i] = Math.exp(scores[i]! + spread);
  return lists.loss();
}

/** Logarithms of the denominators of a list, for one list at a time. */
let logs = new Float64Array(128);

function listsOf(scores: Floats, gradient: Floats) {
  let loss = 0;
  return {
    loss: () => loss,
    /**
     * Adds `factor` times the Plackett-Luce loss of the items from `start` to `end` in front of a remainder, and its gradient by their scores. Returns
     * the logarithm of what e^s of each item of the remainder is to be multiplied by.
     */
    teach(start: number, end: number, logRest: number, factor: number): number {
      if (logs.length < end - start) logs = new Float64Array(2 * (end - start));
      let suffix = logRest;
      for (let k = end - 1; k >= start; k--) {
        suffix = logAdd(suffix, scores[k]!);
        logs[k - start] = suffix;
      }
      let weight = Number.NEGATIVE_INFINITY;
      for (let k = start; k < end; k++) {
        const log = logs[k - start]!;
        loss += factor * (log - scores[k]!);
        weight = logAdd(weight, Math.log(factor) - log);
        gradient[k]! += Math.exp(scores[k]! + weight) - factor;
      }
      return weight;
    },
  };
}
