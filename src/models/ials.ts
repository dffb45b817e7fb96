/**
 * Implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008), with the loss of Rendle et al., RecSys 2022:
 * sum over train pairs (1 - <p_u, q_i>)^2 + w * sum over all pairs <p_u, q_i>^2
 *   + l2 * (sum over users (n_u + w nItems)^e |p_u|^2 + sum over items (n_i + w nUsers)^e |q_i|^2),
 * w = unobservedWeight, e = l2Exponent, n = train interactions. A half-step solves for all users with fixed items in closed form,
 * (w Q'Q + sum q_i q_i' + l2 (n_u + w nItems)^e I) p_u = sum q_i over the items i of u; the other half-step solves for the items.
 *
 * With interaction weights c_ui, the loss of a train pair is c_ui (1 - <p_u, q_i>)^2, and n_u and n_i are sums of weights:
 * (w Q'Q + sum c_ui q_i q_i' + l2 (n_u + w nItems)^e I) p_u = sum c_ui q_i. With c_ui = r_ui and w = 1 / alpha, the matrix is that of
 * Hu et al., whose confidence is 1 + alpha r_ui, divided by alpha. Their right-hand side is sum (1 + alpha r_ui) q_i, because their
 * target of an observed pair is 1 for the whole confidence; here, as in Rendle et al., the part w of it has target 0.
 */

import { type Interactions, itemsOf, packLists, transpose } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { densityOf, fromData, shortNumber, within } from '../options/from-data.js';
import { float, int, options } from '../options/options.js';
import { logRange, oneOf } from '../options/search.js';
import { runInParts } from '../progress.js';
import { computedModel } from './_model.js';
import { freeSide, modelOfTables, solveSide, takeSide, workOf } from './ials-solver.js';
import { seed as seedOption, shards } from './options.js';
import { rateOf } from './rates.js';
import { ialsShards, initialItems } from './shards/ials.js';
import { createInShards } from './shards/in-memory.js';

/** No estimate is given below this number of multiplications. */
const WORTH_SAYING = 5e9;
/** Multiplications that are measured for an estimate. */
const SAMPLE = 1e8;

export const ials = computedModel({
  name: 'ials',
  // 2: runs record a trajectory of sweeps.
  revision: 2,
  summary: 'Matrix factorisation by alternating least squares over all user-item pairs',
  source: 'Rendle et al., Revisiting the performance of iALS on item recommendation benchmarks, RecSys 2022',
  options: options({
    dim: int({ default: 64, min: 1, max: 1024, help: 'Embedding dimension.' }),
    epochs: int({ default: 16, min: 1, max: 1000, help: 'Number of alternations: all users, then all items.' }),
    unobservedWeight: float({
      default: fromData({
        rule: '4 x the density, the share of user-item pairs that are train interactions',
        typical: 0.003,
        value: (size) => shortNumber(within(1e-6, 4 * densityOf(size), 1000)),
      }),
      above: 0,
      max: 1000,
      help: 'Weight of every user-item pair. Observed pairs have 1 more, or their interaction weight more.',
    }),
    l2: float({
      default: fromData({
        rule: '0.03 x (density / 1 %)^0.1',
        typical: 0.02,
        value: (size) => shortNumber(within(0.001, 0.03 * (densityOf(size) / 0.01) ** 0.1, 1)),
      }),
      above: 0,
      max: 1000,
      help: 'L2 regularisation.',
    }),
    l2Exponent: float({
      default: 1,
      min: 0,
      max: 2,
      help: 'Exponent with which l2 grows with the number of interactions of a user or item: 0 = constant, 1 = proportional.',
    }),
    initScale: float({ default: 0.01, above: 0, max: 10, help: 'Standard deviation of the initial embeddings.' }),
    seed: seedOption(),
    shards: shards(),
  }),
  search: {
    dim: oneOf(32, 64, 128),
    unobservedWeight: logRange(0.0003, 0.3),
    l2: logRange(0.0005, 0.2),
  },
  capabilities: ['factors', 'weights', 'histories'],
  // Each thread has a matrix, its factors and rows for a block of the solution.
  memory: ({ nUsers, nItems, interactions, weighted = false, threads = 4 }, o) =>
    (nUsers + nItems) * (o.dim + 4) * 4 + interactions * (weighted ? 16 : 8) + o.dim * o.dim * 16 * (threads + 2),
  estimate({ kernels: k, train }, o) {
    const sides = [train, transpose(train)];
    const each = sides.flatMap((x) =>
      Array.from({ length: x.nUsers }, (_, r) => workOf(x.indptr[r + 1]! - x.indptr[r]!, o.dim)),
    );
    const work = o.epochs * each.reduce((sum, w) => sum + w, 0);
    return work < WORTH_SAYING ? undefined : work / solveRate(k, train, o.dim);
  },
  shards: ialsShards,
  async create(context, o) {
    if (o.shards !== undefined) return createInShards(ialsShards, context, o, o.shards);
    const { kernels: k, train, seed, step, swept } = context;
    const byItem = transpose(train);
    const sides = [takeSide(k, train, o), takeSide(k, byItem, o)];
    const tables = {
      userFactors: k.floats(train.nUsers * o.dim),
      itemFactors: initialItems(k, train.nItems, seed, o),
      dim: o.dim,
    };
    const base = k.floats(o.dim * o.dim);
    const model = modelOfTables(k, tables, train, o, (train.nUsers + train.nItems) * o.dim);
    const all = 2 * o.epochs;
    const solve = async (half: number, source: Floats, target: Floats) => {
      const side = sides[half % 2]!;
      const parts = k.gemmInParts(source, source, base, o.dim, o.dim, side.rows.columns, 'tn', {
        alpha: o.unobservedWeight,
      });
      await runInParts(parts, () => step(half, all));
      await solveSide(k, side, { source, base, target, dim: o.dim }, (share) => step(half + share, all));
    };
    try {
      for (let half = 0; half < all; half += 2) {
        await solve(half, tables.itemFactors, tables.userFactors);
        await solve(half + 1, tables.userFactors, tables.itemFactors);
        model.forgetGram();
        await swept(model, half / 2 + 1, o.epochs);
      }
    } catch (error) {
      model.close();
      throw error;
    } finally {
      k.free(base);
      for (const side of sides) freeSide(k, side);
    }
    return model;
  },
});

/** Multiplications per second of the half-step, measured on evenly spaced users. */
function solveRate(k: Kernels, train: Interactions, dim: number): number {
  const all = Array.from({ length: train.nUsers }, (_, u) => itemsOf(train, u));
  const whole = all.reduce((sum, own) => sum + workOf(own.length, dim), 0);
  const every = Math.max(1, Math.floor(whole / SAMPLE));
  const some = all.filter((_, u) => u % every === 0);
  const rows = takeRows(k, { columns: train.nItems, ...packLists(some) });
  const [source, base] = [k.floats(train.nItems * dim), k.floats(dim * dim)];
  const [ridges, target] = [k.floats(some.length).fill(1), k.floats(some.length * dim)];
  try {
    const work = some.reduce((sum, own) => sum + workOf(own.length, dim), 0);
    return rateOf(work, () => k.als(rows, source, base, ridges, target, dim));
  } finally {
    freeRows(k, rows);
    k.free(source, base, ridges, target);
  }
}
