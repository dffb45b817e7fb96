/** Measures the latency of one recommendation. */

import type { Interactions } from '../data/interactions.js';
import { freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { type Model, tablesOf } from '../models/index.js';
import { createProgress } from '../progress.js';

const ROUNDS = 60;
const WARM_UP = 20;

/**
 * Median microseconds for the exact top 10 of one known user among all items that the user does not have. On one thread, with everything
 * precomputed that does not depend on the request: inner products are computed from tables, even if a network made them. Measured on evenly
 * spaced users. A value for comparisons within one table, not a benchmark.
 */
export async function latencyOf(
  k: Kernels,
  model: Model,
  train: Interactions,
  step = createProgress().task(`timing ${model.name}`),
): Promise<number> {
  const mask = takeRows(k, { columns: train.nItems, indptr: train.indptr, indices: train.indices });
  const user = k.ints(1);
  const best = k.ints(10);
  const tables = tablesOf(model);
  const packed = tables ? k.packItems(tables.itemFactors, tables.dim, model.nItems, 1) : undefined;
  const scores = tables ? undefined : k.floats(model.nItems);
  const recommend = () => {
    if (tables) k.topKDot(tables.userFactors, packed!, tables.dim, user, model.nItems, mask, 10, best);
    else {
      model.scoreRows(user, scores!);
      k.topK(scores!, 1, model.nItems, mask, user, 10, best);
    }
  };
  const times: number[] = [];
  try {
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      await step(round, WARM_UP + ROUNDS);
      user[0] = Math.floor((round * model.nUsers) / (WARM_UP + ROUNDS));
      const began = performance.now();
      recommend();
      if (round >= WARM_UP) times.push((performance.now() - began) * 1000);
    }
  } finally {
    packed?.free();
    freeRows(k, mask);
    k.free(user, best, ...(scores ? [scores] : []));
  }
  return times.sort((a, b) => a - b)[ROUNDS / 2]!;
}
