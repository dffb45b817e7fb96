/**
 * The loss of HetComp with sampled remaining items. The remaining items only have to rank below the target items; a few of
 * them are sampled, and each has the weight (number of remaining items) / (number of samples). With all of them sampled, it
 * equals `hetcompLoss`.
 */
import { type HetcompPhase, logAdd, logSumExp } from '../kernels/hetcomp/loss.js';
import type { Floats } from '../kernels/index.js';

export interface SampledHetcompRow {
  /** Number of leading scores that belong to observed items, in rank order. */
  readonly observed: number;
  /** Number of following scores that belong to the teachers' ranked unobserved items, each once, best first. The rest are samples. */
  readonly ranked: number;
  /** Number of remaining items: those neither observed nor ranked. The samples represent them. */
  readonly remainder: number;
  readonly phase: HetcompPhase;
  /** K: phase `fine` uses the first floor(K / 2) and the first floor(K / 10) ranked items, or fewer if there are not as many. */
  readonly topK: number;
}

/**
 * Like `hetcompLoss`, but the sum of e^s over the n sampled items is scaled by remainder / n: log(remainder / n) is added
 * to their scores. The sum is an unbiased estimate for uniform samples. Its logarithm has a negative bias of about half
 * its relative variance, which decreases as 1 / n.
 * @param scores scores of the observed, the ranked and the sampled items, in this order
 * @param gradient output: the derivative with respect to each score; same length
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
    for (let i = 0; i < from; i++) weight = logAdd(weight, lists.addRankedLoss(i, i + 1, logRest, 1));
  } else {
    for (const part of [2, 10]) {
      // Ranked items after the target items are remaining items, included exactly.
      const rankedEnd = observed + Math.min(Math.floor(topK / part), row.ranked);
      const log = logAdd(logRest, logSumExp(scores.subarray(rankedEnd, from)));
      let own = lists.addRankedLoss(observed, rankedEnd, log, 0.5);
      if (part === 2) own = logAdd(own, lists.addRankedLoss(0, observed, log, 1));
      for (let i = rankedEnd; i < from; i++) gradient[i]! += Math.exp(scores[i]! + own);
      weight = logAdd(weight, own);
    }
  }
  const spread = correction + weight;
  for (let i = from; i < scores.length; i++) gradient[i] = Math.exp(scores[i]! + spread);
  return lists.loss();
}

/** Logarithms of the denominators of a list. Reused for one list at a time. */
let logs = new Float64Array(128);

function listsOf(scores: Floats, gradient: Floats) {
  let loss = 0;
  return {
    loss: () => loss,
    /**
     * Adds `factor` times the Plackett-Luce loss of the items from `start` to `end`, followed by the remaining items, and its
     * gradient with respect to their scores. Returns the logarithm of the factor of e^s in the gradient of each remaining item.
     */
    addRankedLoss(start: number, end: number, logRest: number, factor: number): number {
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
