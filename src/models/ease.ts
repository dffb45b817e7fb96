/**
 * EASE (Steck, WWW 2019): B = I - P diag(1 / P_jj), P = (X'X + l2 I)^-1, scores X B.
 * P is nItems x nItems. If there are fewer users than items, the identity X P = M X with M = (X X' + l2 I)^-1, nUsers x nUsers, and
 * P_jj = (1 - x_j' M x_j) / l2 gives the same scores from a smaller inverse. For n = min(nUsers, nItems) the cost is n^3 / 2
 * multiplications and 2 n^2 bytes, whatever the number of interactions.
 * X holds 1 for a train interaction, or its weight (Steck: a positive value, typically 1), both in X'X and in X B.
 */

import { type Interactions, itemsOf, transpose, weightsOf } from '../data/interactions.js';
import { fail } from '../errors.js';
import {
  type Floats,
  freeRows,
  placeOf,
  type Rows,
  type Symmetric,
  symmetricLength,
  takeRows,
  takeSymmetric,
} from '../kernels/index.js';
import { fromData, shortNumber, within } from '../options/from-data.js';
import { choice, float, options } from '../options/options.js';
import { logRange } from '../options/search.js';
import { runInParts } from '../progress.js';
import { computedModel } from './_model.js';
import { addProducts, eachOf, everySoOften, modelOfScores, primalScores } from './ease-primal.js';
import { shards } from './options.js';
import { productRate } from './rates.js';
import { easeShards } from './shards/ease.js';
import { createInShards } from './shards/in-memory.js';

/** Users that are scored together in dual form. */
const BLOCK = 64;
/** Multiplications of the inverse that take about as long as one addition here. Used for progress. */
const PER_ADD = 30;
/** Seconds per addition, mostly memory access. */
const SECONDS_PER_ADD = 6e-9;
/** No estimate is given below this number of multiplications. */
const WORTH_SAYING = 5e9;
export const ease = computedModel({
  name: 'ease',
  summary: 'Linear item-item model with a closed-form solution',
  source: 'Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019',
  options: options({
    l2: float({
      default: fromData({
        rule: '2 x the train interactions per item, from 100 to 500',
        typical: 100,
        value: ({ nItems, interactions }) => shortNumber(within(100, (2 * interactions) / nItems, 500)),
      }),
      above: 0,
      max: 1e9,
      help: 'L2 regularisation.',
    }),
    form: choice(['auto', 'dual', 'primal'], {
      default: 'auto',
      help: 'Which matrix is inverted: users x users (dual), items x items (primal), or the smaller one (auto). The scores are the same.',
    }),
    shards: shards(),
  }),
  search: { l2: logRange(1, 10_000) },
  capabilities: ['weights', 'histories'],
  check: ({ form, shards }) => {
    if (form !== 'dual' || shards === undefined) return;
    fail('bad-option', {
      option: 'form',
      owner: 'ease',
      given: 'dual',
      expected: 'auto or primal, because only the matrix of items is a sum over shards of users',
      help: 'Leave out the form, or choose shards 1.',
    });
  },
  memory({ nUsers, nItems, interactions, weighted = false }, o) {
    const n = o.form === 'dual' ? nUsers : o.form === 'primal' ? nItems : Math.min(nUsers, nItems);
    // The inverse, two copies of the columns of a sweep, and memory for scoring a block.
    const sweep = n * 2048 + 3e6;
    return symmetricLength(n) * 4 + sweep + (nUsers + nItems) * BLOCK * 8 + interactions * (weighted ? 12 : 8);
  },
  estimate({ kernels: k, train }, o) {
    const dual = isDual(o.form, train);
    const adds = pairsOf(dual ? transpose(train) : train) * (dual ? 2 : 1);
    const multiplications = (dual ? train.nUsers : train.nItems) ** 3 / 2;
    if (multiplications + adds * PER_ADD < WORTH_SAYING) return undefined;
    // The additions run on one thread.
    return multiplications / productRate(k) + adds * SECONDS_PER_ADD;
  },
  shards: easeShards,
  async create(context, o) {
    if (o.shards !== undefined) return createInShards(easeShards, context, o, o.shards);
    const { kernels: k, train, step } = context;
    const dual = isDual(o.form, train);
    const byItem = transpose(train);
    const n = dual ? train.nUsers : train.nItems;
    const rows = dual ? byItem : train;
    // Matrix elements that are read or written one by one.
    const [adds, inversion] = [pairsOf(rows), n ** 3 / 2 / PER_ADD];
    const total = adds * (dual ? 2 : 1) + inversion;
    const inverse = takeSymmetric(k, n);
    const diagonal = new Float64Array(train.nItems);
    try {
      await addProducts(inverse, rows, (done) => step(done, total));
      for (let d = 0; d < n; d++) inverse.values[placeOf(d, d)]! += o.l2;
      await runInParts(k.invertInParts(inverse), (share) => step(adds + share * inversion, total));
      if (dual) await quadratics(inverse, byItem, diagonal, (done) => step(adds + inversion + done, total));
    } catch (error) {
      k.free(inverse.values);
      throw error;
    }
    for (let j = 0; j < train.nItems; j++)
      diagonal[j] = dual ? (1 - diagonal[j]!) / o.l2 : inverse.values[placeOf(j, j)]!;
    const size = (n * (n + 1)) / 2 + (dual ? train.indices.length : 0);
    const score = dual ? dualScores() : primalScores(k, inverse, train);
    return modelOfScores(k, { train, inverse, diagonal, score, size });

    /** out = rows of X P, computed as M X: rows of the symmetric M, then weighted sums over the users of each item. */
    function dualScores() {
      const each = eachOf(n + 1);
      const own = takeRows(k, { columns: n, indptr: each, indices: each.subarray(0, n) });
      const usersOf = takeRows(k, { columns: n, indptr: byItem.indptr, indices: byItem.indices }, byItem.weights);
      const chosen = k.ints(BLOCK);
      const [rows, columns] = [k.floats(n * BLOCK), k.floats(n * BLOCK)];
      const product = k.floats(train.nItems * BLOCK);
      /** out = Y M X for the rows `some` of Y. */
      const multiply = (y: Rows, some: Int32Array, out: Floats) => {
        k.sumRows(y, some, inverse, rows);
        k.transpose(rows, some.length, n, columns);
        k.propagate(usersOf, columns, product, some.length);
        k.transpose(product, train.nItems, some.length, out);
      };
      return {
        write(users: Int32Array, out: Floats) {
          for (let start = 0; start < users.length; start += BLOCK) {
            const some = chosen.subarray(0, Math.min(BLOCK, users.length - start));
            some.set(users.subarray(start, start + some.length));
            multiply(own, some, out.subarray(start * train.nItems));
          }
        },
        /** A history h need not be a row of X: h P = (h - h X' M X) / l2. */
        given(histories: Rows, out: Floats) {
          for (let start = 0; start < histories.rows; start += BLOCK) {
            const width = Math.min(BLOCK, histories.rows - start);
            const block = { ...histories, rows: width, indptr: histories.indptr.subarray(start, start + width + 1) };
            const own = out.subarray(start * train.nItems, (start + width) * train.nItems);
            const some = chosen.subarray(0, width);
            some.set(eachOf(width));
            const overlaps = overlapsOf(block);
            multiply(overlaps, some, own);
            freeRows(k, overlaps);
            for (let at = 0; at < own.length; at++) own[at] = -own[at]! / o.l2;
            for (let r = 0; r < width; r++)
              for (let e = block.indptr[r]!; e < block.indptr[r + 1]!; e++)
                own[r * train.nItems + block.indices[e]!]! += (block.weights?.[e] ?? 1) / o.l2;
          }
        },
        close() {
          freeRows(k, own);
          freeRows(k, usersOf);
          k.free(chosen, rows, columns, product);
        },
      };
    }

    /** h X' of each history h: its inner products with the rows of the users, without those that are 0. */
    function overlapsOf(histories: Rows): Rows {
      const sums = new Float64Array(n);
      const indptr = [0];
      const [users, weights]: [number[], number[]] = [[], []];
      for (let r = 0; r < histories.rows; r++) {
        sums.fill(0);
        for (let e = histories.indptr[r]!; e < histories.indptr[r + 1]!; e++) {
          const [item, weight] = [histories.indices[e]!, histories.weights?.[e] ?? 1];
          for (let at = byItem.indptr[item]!; at < byItem.indptr[item + 1]!; at++)
            sums[byItem.indices[at]!]! += weight * (byItem.weights?.[at] ?? 1);
        }
        for (let u = 0; u < n; u++) {
          if (sums[u] === 0) continue;
          users.push(u);
          weights.push(sums[u]!);
        }
        indptr.push(users.length);
      }
      return takeRows(k, { columns: n, indptr: Int32Array.from(indptr), indices: Int32Array.from(users) }, weights);
    }
  },
});

const isDual = (form: string, { nUsers, nItems }: { readonly nUsers: number; readonly nItems: number }): boolean =>
  form === 'dual' || (form === 'auto' && nUsers <= nItems);

/** Pairs of columns that occur in the same row, each column with itself included. */
function pairsOf({ nUsers: rows, indptr }: Interactions): number {
  let pairs = 0;
  for (let row = 0; row < rows; row++) pairs += triangle(indptr[row + 1]! - indptr[row]!);
  return pairs;
}

const triangle = (n: number): number => (n * (n + 1)) / 2;

/** out[j] = x' S x, where x has the weights (or ones) of row j of `sets`. */
async function quadratics(
  { values }: Symmetric,
  sets: Interactions,
  out: Float64Array,
  step: (done: number) => Promise<void>,
) {
  const look = everySoOften(step);
  for (let j = 0; j < sets.nUsers; j++) {
    const [set, weights] = [itemsOf(sets, j), weightsOf(sets, j)];
    let sum = 0;
    for (let a = 0; a < set.length; a++) {
      const left = weights ? weights[a]! : 1;
      for (let b = 0; b < a; b++) sum += 2 * left * (weights ? weights[b]! : 1) * values[placeOf(set[a]!, set[b]!)]!;
      sum += left * left * values[placeOf(set[a]!, set[a]!)]!;
      if (look.due(a + 1)) await look.now();
    }
    out[j] = sum;
  }
}
