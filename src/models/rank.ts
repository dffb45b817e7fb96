/** Full rankings from any model. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { type Floats, freeRows, type Kernels, takeRows } from '../kernels/index.js';
import type { Model, Tables } from './_model.js';

/** Scores held at once while ranking a model that is not an inner product: 16 M numbers = 64 MB. */
const BLOCK = 16_000_000;

/** Tables whose inner products are the scores, as the parameters are now; undefined if there are none. */
export const tablesOf = (model: Model): Tables | undefined => model.tables?.() ?? model.factors?.();

/**
 * The best `depth` items of every user among all items that are not in `mask`; ties go to the lower item id.
 * @param users rank only these (ascending); the rows of the others stay empty
 */
export function rankAll(k: Kernels, model: Model, mask: Interactions, depth: number, users?: Int32Array): Rankings {
  const chosen = users ?? Int32Array.from({ length: model.users }, (_, u) => u);
  const items = new Int32Array(model.users * depth).fill(-1);
  const masked = takeRows(k, { columns: mask.items, indptr: mask.indptr, indices: mask.indices });
  const tables = tablesOf(model);
  const perBlock = tables ? chosen.length : Math.max(1, Math.min(chosen.length, Math.floor(BLOCK / model.items)));
  const rows = k.ints(Math.max(1, perBlock));
  const best = k.ints(Math.max(1, perBlock) * depth);
  const scores = tables ? undefined : k.floats(perBlock * model.items);
  for (let start = 0; start < chosen.length; start += perBlock) {
    const block = rows.subarray(0, Math.min(perBlock, chosen.length - start));
    block.set(chosen.subarray(start, start + block.length));
    if (tables) k.topKDot(tables.users, tables.items, tables.dim, block, model.items, masked, depth, best);
    else {
      model.scoreRows(block, scores!);
      k.topK(scores!, block.length, model.items, masked, block, depth, best);
    }
    for (let r = 0; r < block.length; r++) items.set(best.subarray(r * depth, (r + 1) * depth), block[r]! * depth);
  }
  freeRows(k, masked);
  k.free(rows, best, ...(scores ? [scores] : []));
  return { users: model.users, catalogue: model.items, depth, items };
}

/**
 * Each user's own train items, best first by the model's score, at most `depth`; ties go to the lower item id.
 * This is the observed half of what a teacher hands over.
 */
export function rankObserved(k: Kernels, model: Model, train: Interactions, depth: number): Rankings {
  const scores = scoreObserved(k, model, train);
  const items = new Int32Array(model.users * depth).fill(-1);
  for (let u = 0; u < model.users; u++) {
    const entries = Array.from({ length: train.indptr[u + 1]! - train.indptr[u]! }, (_, e) => train.indptr[u]! + e);
    // Entries ascend by item id, so that an equal score leaves the lower id first.
    entries.sort((a, b) => scores[b]! - scores[a]! || a - b);
    entries.slice(0, depth).forEach((e, rank) => {
      items[u * depth + rank] = train.indices[e]!;
    });
  }
  return { users: model.users, catalogue: model.items, depth, items };
}

/** One score for each train interaction. Only a model without tables has to score whole rows for it. */
function scoreObserved(k: Kernels, model: Model, train: Interactions): Floats {
  const total = train.indices.length;
  const tables = tablesOf(model);
  if (tables) {
    const [users, items, scores] = [k.ints(total), k.ints(total), k.floats(total)];
    for (let u = 0; u < train.users; u++) users.fill(u, train.indptr[u]!, train.indptr[u + 1]!);
    items.set(train.indices);
    k.dotPairs(tables.users, tables.items, tables.dim, users, items, scores, total);
    const own = scores.slice();
    k.free(users, items, scores);
    return own;
  }
  const own = new Float64Array(total);
  const perBlock = Math.max(1, Math.min(model.users, Math.floor(BLOCK / model.items)));
  const rows = k.ints(perBlock);
  const scores = k.floats(perBlock * model.items);
  for (let start = 0; start < model.users; start += perBlock) {
    const block = rows.subarray(0, Math.min(perBlock, model.users - start));
    for (let r = 0; r < block.length; r++) block[r] = start + r;
    model.scoreRows(block, scores);
    for (let r = 0; r < block.length; r++) {
      for (let e = train.indptr[start + r]!; e < train.indptr[start + r + 1]!; e++) {
        own[e] = scores[r * model.items + train.indices[e]!]!;
      }
    }
  }
  k.free(rows, scores);
  return own;
}
