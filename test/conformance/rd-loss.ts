/** Subject `rd-loss`: positives of the teacher with static and dynamic weights, beside a base loss by cross-entropy. */

import type { Floats } from 'recdistill/kernels';
import { approximateRank, bce, dynamicWeight, positionWeights, weightedPositives } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { readMatrix, readNumber } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

export const rdLoss: Checker = { check: (inputs) => ({ float64: rd(inputs) }) };

function rd(inputs: Inputs): Result {
  const [positive, negative] = [readMatrix(inputs, 'pos_scores'), readMatrix(inputs, 'neg_scores')];
  const candidates = readMatrix(inputs, 'candidate_scores');
  const { rows, columns } = candidates;
  const staticWeight = positionWeights(columns, readNumber(inputs, 'lambda'));
  const sampled = 'dynamic_scores' in inputs ? readMatrix(inputs, 'dynamic_scores') : undefined;
  const ranks: number[][] = [];
  const dynamic: number[][] = [];
  const weight: number[][] = [];
  const gradient = new Float64Array(candidates.values.length);
  let kd = 0;
  for (let r = 0; r < rows; r++) {
    const scores = rowOf(candidates, r);
    if (sampled) {
      const nItems = readNumber(inputs, 'num_items');
      ranks.push(Array.from(scores, (s) => approximateRank(s, rowOf(sampled, r), nItems)));
      dynamic.push(ranks[r]!.map((rank, p) => dynamicWeight(rank, p, readNumber(inputs, 'mu'))));
    }
    weight.push(Array.from(staticWeight, (w, p) => w * (dynamic[r]?.[p] ?? 1)));
    kd += weightedPositives(scores, weight[r]!, gradient.subarray(r * columns), columns);
  }
  const alpha = readNumber(inputs, 'alpha');
  const base = [withTargets(positive, 1), withTargets(negative, 0)] as const;
  const [baseLoss, kdLoss] = [(base[0].loss + base[1].loss) / rows, (alpha * kd) / rows];
  const mean = (g: Floats, factor = 1) => g.map((x) => (factor * x) / rows);
  return {
    static_weight: staticWeight,
    ...(sampled ? { approx_rank: ranks, dynamic_weight: dynamic, weight } : {}),
    loss: baseLoss + kdLoss,
    base_loss: baseLoss,
    kd_loss: kdLoss,
    grad_pos: nestRows(mean(base[0].gradient), positive.columns),
    grad_neg: nestRows(mean(base[1].gradient), negative.columns),
    grad_candidates: nestRows(mean(gradient, alpha), columns),
  };
}

const rowOf = ({ columns, values }: Matrix, r: number): Float64Array => values.subarray(r * columns, (r + 1) * columns);

function withTargets({ values }: Matrix, target: number): { readonly loss: number; readonly gradient: Float64Array } {
  const gradient = new Float64Array(values.length);
  return { loss: bce(values, values.slice().fill(target), gradient, values.length), gradient };
}
