/** Full rankings from any model. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { freeRows, type Kernels, takeRows } from '../kernels/index.js';
import type { Model } from './_model.js';

/** Scores held at once while ranking a model that is not an inner product: 16 M numbers = 64 MB. */
const BLOCK = 16_000_000;

/**
 * The best `depth` items of every user among all items that are not in `mask`; ties go to the lower item id.
 * @param users rank only these (ascending); the rows of the others stay empty
 */
export function rankAll(k: Kernels, model: Model, mask: Interactions, depth: number, users?: Int32Array): Rankings {
  const chosen = users ?? Int32Array.from({ length: model.users }, (_, u) => u);
  const items = new Int32Array(model.users * depth).fill(-1);
  const masked = takeRows(k, { columns: mask.items, indptr: mask.indptr, indices: mask.indices });
  const factors = model.factors?.();
  const perBlock = factors ? chosen.length : Math.max(1, Math.min(chosen.length, Math.floor(BLOCK / model.items)));
  const rows = k.ints(Math.max(1, perBlock));
  const best = k.ints(Math.max(1, perBlock) * depth);
  const scores = factors ? undefined : k.floats(perBlock * model.items);
  for (let start = 0; start < chosen.length; start += perBlock) {
    const block = rows.subarray(0, Math.min(perBlock, chosen.length - start));
    block.set(chosen.subarray(start, start + block.length));
    if (factors) k.topKDot(factors.users, factors.items, factors.dim, block, model.items, masked, depth, best);
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
  const items = new Int32Array(model.users * depth).fill(-1);
  const perBlock = Math.max(1, Math.min(model.users, Math.floor(BLOCK / model.items)));
  const rows = k.ints(perBlock);
  const scores = k.floats(perBlock * model.items);
  for (let start = 0; start < model.users; start += perBlock) {
    const block = rows.subarray(0, Math.min(perBlock, model.users - start));
    for (let r = 0; r < block.length; r++) block[r] = start + r;
    model.scoreRows(block, scores);
    for (let r = 0; r < block.length; r++) {
      const u = start + r;
      const own = Array.from(train.indices.subarray(train.indptr[u]!, train.indptr[u + 1]!));
      const at = r * model.items;
      own.sort((a, b) => scores[at + b]! - scores[at + a]! || a - b);
      items.set(own.slice(0, depth), u * depth);
    }
  }
  k.free(rows, scores);
  return { users: model.users, catalogue: model.items, depth, items };
}
