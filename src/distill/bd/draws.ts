/**
 * Samples the items that teacher and student learn from each other. Every `update` epochs both models rank all items, one block of users at a
 * time. All samples until the next update are drawn then and stored, so no sampling weights have to be stored. The distribution is the same
 * as sampling in each epoch from stored weights.
 */

import type { Interactions } from '../../data/interactions.js';
import { type Floats, freeRows, type Kernels, takeRows } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import type { TrainableModel } from '../../models/_model.js';
import type { KeptTable } from '../../train/hooks.js';
import { discrepancyRule, rankOrder, ruleTable, type WeightOptions } from './weights.js';

/** Maximum number of scores per model in memory: 4 M values = 16 MB, and as much for each of the two ranks. */
const BLOCK = 4_000_000;

/** Sampled items of one model. */
export interface DrawnItems {
  /** Items per train interaction and epoch. 0 if the model does not learn from the other. */
  readonly each: number;
  /** Item ids; -1 = none. */
  readonly items: Int32Array;
  /** Index in `items` where this epoch begins. The items of train interaction p are the `each` entries from `p * each` after it. */
  start(epoch: number): number;
}

export interface BdDraws {
  /** Samples for the next `update` epochs, one block of users at a time. @returns for each learner the users without any item to sample */
  update(epoch: number): Generator<number, readonly Int32Array[]>;
  /** Samples of teacher and student. */
  readonly of: readonly DrawnItems[];
  /** State that must be stored between updates. */
  readonly tables: readonly KeptTable[];
  close(): void;
}

export interface DrawTask {
  readonly kernels: Kernels;
  readonly train: Interactions;
  /** Teacher and student. */
  readonly models: readonly [TrainableModel, TrainableModel];
  /** Items per train interaction and epoch. 0 for a model that does not learn from the other. */
  readonly samples: readonly [number, number];
  readonly weights: WeightOptions;
  /** Epochs between two updates. */
  readonly update: number;
  readonly seed: number;
  /** With sampling `published`: the score of train items in the ranking of each model. */
  readonly publishedObserved: readonly [number, number];
}

const directions = ['to-teacher', 'to-student'] as const;

export function createDraws(task: DrawTask): BdDraws {
  const { kernels: k, train, models, samples, weights, update, seed } = task;
  const { nItems } = train;
  const total = train.indices.length;
  const active = Int32Array.from({ length: train.nUsers }, (_, u) => u).filter((u) => degree(train, u) > 0);
  const perBlock = Math.max(1, Math.min(active.length, Math.floor(BLOCK / nItems)));
  const sides = directions.map((direction, learner) => {
    const each = samples[learner]!;
    const rule = each > 0 ? ruleTable(k, discrepancyRule(direction, weights), nItems) : undefined;
    return { each, rule, drawn: k.ints(each * total * update), key: stream(seed, `bd ${direction}`) };
  });
  const mask = takeRows(k, { columns: nItems, indptr: train.indptr, indices: train.indices });
  const [users, starts, counts] = [k.ints(perBlock), k.ints(perBlock), k.ints(perBlock)];

  const drawBlock = (n: number, epoch: number, ranks: readonly Int32Array[]) => {
    for (const { each, rule, drawn, key } of sides) {
      if (!rule) continue;
      for (let r = 0; r < n; r++) {
        starts[r] = train.indptr[users[r]!]! * each;
        counts[r] = degree(train, users[r]!) * each;
      }
      const plan = { starts, counts, repeats: update, stride: each * total, key, epoch };
      k.drawByRanks(ranks[0]!, ranks[1]!, n, nItems, rule, plan, drawn);
    }
  };
  const rankBlock = (block: Int32Array, scores: Floats, ranks: readonly Int32Array[]) => {
    models.forEach((model, learner) => {
      model.scoreRows(block, scores);
      const order = rankOrder(weights.sampling, task.publishedObserved[learner]!);
      k.ranks(scores, block.length, nItems, { ...order, mask, maskRows: users }, ranks[learner]!);
    });
  };
  return {
    *update(epoch) {
      const scores = k.floats(perBlock * nItems);
      const ranks = models.map(() => k.ints(perBlock * nItems));
      try {
        for (let start = 0; start < active.length; start += perBlock) {
          const block = users.subarray(0, Math.min(perBlock, active.length - start));
          block.set(active.subarray(start, start + block.length));
          rankBlock(block, scores, ranks);
          drawBlock(block.length, epoch, ranks);
          yield (start + block.length) / active.length;
        }
      } finally {
        k.free(scores, ...ranks);
      }
      return sides.map(({ each, drawn }) => active.filter((u) => each > 0 && drawn[train.indptr[u]! * each]! < 0));
    },
    of: sides.map(({ each, drawn }) => ({
      ...{ each, items: drawn },
      start: (epoch) => ((epoch - 1) % update) * each * total,
    })),
    tables: sides.map(({ drawn }, learner) => ({ name: `drawn.${directions[learner]}`, values: drawn })),
    close() {
      freeRows(k, mask);
      for (const { rule, drawn } of sides) k.free(drawn, ...(rule ? [rule.weights] : []));
      k.free(users, starts, counts);
    },
  };
}

const degree = (train: Interactions, user: number): number => train.indptr[user + 1]! - train.indptr[user]!;
