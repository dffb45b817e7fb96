/** Full rankings by any model, computed in parts. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { type Floats, freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { createProgress, runInParts, type Step } from '../progress.js';
import type { Model, Tables } from './_model.js';
import { checkFactors, checkScores, checkTables } from './check.js';
import { hasHistory, historiesAtOnce, scoringHistories } from './rank-histories.js';

/** Maximum number of scores in memory for a model without tables: 16 M values = 64 MB. */
const BLOCK = 16_000_000;
/** Multiplications between two steps, where they are counted. */
const AT_ONCE = 2 ** 30;
/** Train interactions scored between two steps: their factors are anywhere in memory, which takes longer than to multiply them. */
const PAIRS_AT_ONCE = 2 ** 22;

/** Tables whose inner products are the scores, from the current parameters. Undefined if there are none. @throws RecdistillError `broken-unit` */
export function tablesOf(model: Model): Tables | undefined {
  const tables = model.tables?.() ?? model.factors?.();
  return tables && checkTables(model, tables);
}

export interface RankOptions {
  /** Rank only these users (ascending). The rows of other users stay empty. */
  readonly users?: Int32Array;
  /** Its unit is users. */
  readonly step?: Step;
  /** Histories of users who are held out whole. Users with a history are ranked by the model's `histories`. */
  readonly foldIn?: Interactions;
}

const stepOf = (model: Model): Step => createProgress().task(`ranking for ${model.name}`, 'users');

/**
 * The best `depth` items of every user among all items that are not in `mask`; ties go to the lower item id. The model must not
 * change until the promise is settled.
 * @throws RecdistillError `interrupted`, from the step; `broken-unit` for a score that is not a number
 */
export function rankAll(
  k: Kernels,
  model: Model,
  mask: Interactions,
  depth: number,
  { users, step = stepOf(model), foldIn }: RankOptions = {},
): Promise<Rankings> {
  const chosen = users ?? Int32Array.from({ length: model.nUsers }, (_, u) => u);
  // Before the first list, a model may have to compute its tables from all interactions.
  const first = 4 * (model.size + mask.indices.length);
  if (!foldIn) return runInParts(ranking(k, model, mask, depth, chosen), step, chosen.length, first);
  const [heldOut, others] = [true, false].map((is) => chosen.filter((u) => hasHistory(foldIn, u) === is));
  return runInParts(
    rankingWithHistories(k, model, mask, depth, others!, { users: heldOut!, foldIn }),
    step,
    chosen.length,
    first,
  );
}

/** The rankings of `others` as usual, then those of held-out users by their histories. */
function* rankingWithHistories(
  k: Kernels,
  model: Model,
  mask: Interactions,
  depth: number,
  others: Int32Array,
  { users, foldIn }: { readonly users: Int32Array; readonly foldIn: Interactions },
): Generator<number, Rankings> {
  const rankings = yield* ranking(k, model, mask, depth, others);
  const masked = takeRows(k, { columns: mask.nItems, indptr: mask.indptr, indices: mask.indices });
  const best = k.ints(Math.max(1, Math.min(users.length, historiesAtOnce(model.nItems))) * depth);
  try {
    yield* scoringHistories(k, model, foldIn, users, (block, scores) => {
      k.topK(scores, block.length, model.nItems, masked, block, depth, best);
      block.forEach((user, r) => void rankings.items.set(best.subarray(r * depth, (r + 1) * depth), user * depth));
    });
  } finally {
    freeRows(k, masked);
    k.free(best);
  }
  return rankings;
}

/** Scores of one block for a model without tables. */
export const scoresAtOnce = (perScore: number): number => Math.min(BLOCK, (2 * AT_ONCE) / perScore);

/** Users ranked between two steps. Depends on the shape of the model alone, because block sizes can affect the rounding of scores. */
function usersAtOnce(model: Model, tables: Tables | undefined): number {
  if (tables) return Math.max(64, Math.floor(AT_ONCE / (model.nItems * tables.dim)));
  const { perScore = 1 } = model;
  return Math.max(1, Math.floor(scoresAtOnce(perScore) / model.nItems));
}

function* ranking(
  k: Kernels,
  model: Model,
  mask: Interactions,
  depth: number,
  chosen: Int32Array,
): Generator<number, Rankings> {
  const items = new Int32Array(model.nUsers * depth).fill(-1);
  const masked = takeRows(k, { columns: mask.nItems, indptr: mask.indptr, indices: mask.indices });
  const tables = tablesOf(model);
  if (tables) checkFactors(model, tables);
  const packed = tables && k.packItems(tables.itemFactors, tables.dim, model.nItems);
  const perBlock = Math.max(1, Math.min(chosen.length, usersAtOnce(model, tables)));
  const rows = k.ints(perBlock);
  const best = k.ints(perBlock * depth);
  const scores = tables ? undefined : k.floats(perBlock * model.nItems);
  try {
    for (let start = 0; start < chosen.length; start += perBlock) {
      const block = rows.subarray(0, Math.min(perBlock, chosen.length - start));
      block.set(chosen.subarray(start, start + block.length));
      if (tables) k.topKDot(tables.userFactors, packed!, tables.dim, block, model.nItems, masked, depth, best);
      else {
        // A score that is not written is then found.
        scores!.fill(Number.NaN);
        model.scoreRows(block, scores!);
        checkScores(model, block, scores!);
        k.topK(scores!, block.length, model.nItems, masked, block, depth, best);
      }
      for (let r = 0; r < block.length; r++) items.set(best.subarray(r * depth, (r + 1) * depth), block[r]! * depth);
      yield (start + block.length) / chosen.length;
    }
  } finally {
    freeRows(k, masked);
    packed?.free();
    k.free(rows, best, ...(scores ? [scores] : []));
  }
  return { nUsers: model.nUsers, nItems: model.nItems, depth, items };
}

/**
 * Each user's own train items, best first by the model's score, at most `depth`; ties go to the lower item id.
 * This is the observed part of a teacher's knowledge.
 * @throws RecdistillError `interrupted`, from the step
 */
export async function rankObserved(
  k: Kernels,
  model: Model,
  train: Interactions,
  depth: number,
  step = stepOf(model),
): Promise<Rankings> {
  const first = 4 * (model.size + train.indices.length);
  const scores = await runInParts(scoringObserved(k, model, train), step, model.nUsers, first);
  const items = new Int32Array(model.nUsers * depth).fill(-1);
  for (let u = 0; u < model.nUsers; u++) {
    const entries = Array.from({ length: train.indptr[u + 1]! - train.indptr[u]! }, (_, e) => train.indptr[u]! + e);
    // Entries ascend by item id, so a stable sort keeps the lower id first.
    entries.sort((a, b) => scores[b]! - scores[a]! || a - b);
    entries.slice(0, depth).forEach((e, rank) => {
      items[u * depth + rank] = train.indices[e]!;
    });
    if (u % 1000 === 0) await step(u, model.nUsers);
  }
  return { nUsers: model.nUsers, nItems: model.nItems, depth, items };
}

/** One score for each train interaction. Only a model without tables has to score whole rows for it. */
function* scoringObserved(k: Kernels, model: Model, train: Interactions): Generator<number, Floats> {
  const total = train.indices.length;
  const own = new Float64Array(total);
  const tables = tablesOf(model);
  if (tables) {
    const perBlock = Math.min(total, PAIRS_AT_ONCE, Math.max(1, Math.floor(AT_ONCE / tables.dim)));
    const [users, items, scores] = [k.ints(total), k.ints(perBlock), k.floats(perBlock)];
    try {
      for (let u = 0; u < train.nUsers; u++) users.fill(u, train.indptr[u]!, train.indptr[u + 1]!);
      for (let start = 0; start < total; start += perBlock) {
        const n = Math.min(perBlock, total - start);
        items.set(train.indices.subarray(start, start + n));
        k.dotPairs(
          tables.userFactors,
          tables.itemFactors,
          tables.dim,
          users.subarray(start, start + n),
          items,
          scores,
          n,
        );
        own.set(scores.subarray(0, n), start);
        yield (start + n) / total;
      }
    } finally {
      k.free(users, items, scores);
    }
    return own;
  }
  const perBlock = Math.min(model.nUsers, usersAtOnce(model, undefined));
  const rows = k.ints(perBlock);
  const scores = k.floats(perBlock * model.nItems);
  try {
    for (let start = 0; start < model.nUsers; start += perBlock) {
      const block = rows.subarray(0, Math.min(perBlock, model.nUsers - start));
      for (let r = 0; r < block.length; r++) block[r] = start + r;
      model.scoreRows(block, scores);
      for (let r = 0; r < block.length; r++) {
        for (let e = train.indptr[start + r]!; e < train.indptr[start + r + 1]!; e++) {
          own[e] = scores[r * model.nItems + train.indices[e]!]!;
        }
      }
      yield (start + block.length) / model.nUsers;
    }
  } finally {
    k.free(rows, scores);
  }
  return own;
}
