/** Subject `bd-weights`: ranks of two models, and the weights by which each draws items to learn from the other. */
import { discrepancyRule, rankOrder, ruleTable, type Sampling } from 'recdistill/distill';
import { freeRows, type Kernels, takeRows } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { readInteractions, readLists, readMatrix } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

export const bdWeights: Checker = {
  // Ranks are exact; a weight and its sum over a row are rounded to float32 once.
  float32: { abs: 1e-6, rel: 1e-6 },
  check: (inputs) => onBoth((k) => weights(k, inputs)),
};

const directions = { w_S_to_T: 'to-teacher', w_T_to_S: 'to-student' } as const;

function weights(k: Kernels, inputs: Inputs): Result {
  const models = [readMatrix(inputs, 'scores_T'), readMatrix(inputs, 'scores_S')];
  const nItems = models[0]!.columns;
  const [published, ours] = (['published', 'intended'] as const).map((s) =>
    models.map((m) => ranksOf(k, m, inputs, s)),
  );
  return {
    official_asc_rank_T: published![0],
    official_asc_rank_S: published![1],
    rank_T: ours![0]!.map(absentForZero),
    rank_S: ours![1]!.map(absentForZero),
    weights: readLists(inputs, 'eps_pairs').map(([epsilon, epsilonTanh]) => {
      const options = { epsilon: epsilon!, epsilonTanh: epsilonTanh!, rankTemperature: 1 };
      const official = byRule(k, nItems, published!, { ...options, sampling: 'published' });
      const intended = byRule(k, nItems, ours!, { ...options, sampling: 'intended' });
      const { w_S_to_T, w_T_to_S } = intended;
      const shares = { prob_S_to_T: w_S_to_T.map(shareOf), prob_T_to_S: w_T_to_S.map(shareOf) };
      return { eps: epsilon, eps_t: epsilonTanh, official, intended: { ...intended, ...shares } };
    }),
  };
}

function ranksOf(
  k: Kernels,
  { rows, columns: nItems, values }: Matrix,
  inputs: Inputs,
  sampling: Sampling,
): number[][] {
  const train = readInteractions(inputs, 'train', nItems);
  const mask = takeRows(k, { columns: nItems, indptr: train.indptr, indices: train.indices });
  const maskRows = putInts(
    k,
    Array.from({ length: rows }, (_, r) => r),
  );
  const [scores, out] = [put(k, values), k.ints(rows * nItems)];
  k.ranks(scores, rows, nItems, { ...rankOrder(sampling, 0), mask, maskRows }, out);
  const nested = nestRows(out, nItems);
  freeRows(k, mask);
  k.free(maskRows, scores, out);
  return nested;
}

function byRule(
  k: Kernels,
  nItems: number,
  [teacher, student]: number[][][],
  o: Parameters<typeof discrepancyRule>[1],
) {
  const of = (direction: (typeof directions)[keyof typeof directions]) => {
    const table = ruleTable(k, discrepancyRule(direction, o), nItems);
    const { weights, offset, first, second } = table;
    const rows = teacher!.map((row, r) =>
      row.map((t, i) => (t === 0 ? 0 : weights[offset + first * t + second * student![r]![i]!]!)),
    );
    k.free(weights);
    return rows;
  };
  return { w_S_to_T: of(directions.w_S_to_T), w_T_to_S: of(directions.w_T_to_S) };
}

const absentForZero = (ranks: readonly number[]): Result => ranks.map((rank) => (rank === 0 ? null : rank));

function shareOf(row: readonly number[]): Result {
  const sum = row.reduce((a, b) => a + b, 0);
  return sum === 0 ? null : row.map((w) => w / sum);
}
