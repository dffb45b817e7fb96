/**
 * EASE (Steck, WWW 2019): B = I - P diag(1 / P_jj), P = (X'X + l2 I)^-1, scores X B.
 * P is items x items. Where users are fewer we use the identity X P = M X with M = (X X' + l2 I)^-1, users x users, and
 * P_jj = (1 - x_j' M x_j) / l2: the same scores from a smaller inverse. For n = min(users, items) it costs n^3 / 2 multiplications
 * and 2 n^2 bytes, whatever the number of interactions.
 * X holds 1 for a train interaction or, where interactions have weights, its weight (Steck: a positive value, typically 1): in X'X and in X B.
 */
import { choice, float, options } from '../config/options.js';
import { logRange } from '../config/search.js';
import { type Interactions, itemsOf, transpose, weightsOf } from '../data/interactions.js';
import {
  type Floats,
  freeRows,
  placeOf,
  type Symmetric,
  symmetricLength,
  takeRows,
  takeSymmetric,
} from '../kernels/index.js';
import { computed } from './_model.js';

/** Users that are scored together in dual form. */
const BLOCK = 64;

export const ease = computed({
  name: 'ease',
  summary: 'Linear item-item model in closed form',
  source: 'Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019',
  options: options({
    l2: float({ default: 100, above: 0, max: 1e9, help: 'Weight of the squared norm; larger = smoother.' }),
    form: choice(['auto', 'dual', 'primal'], {
      default: 'auto',
      help: 'Which inverse: users x users (dual), items x items (primal), or the smaller (auto). The scores are the same.',
    }),
  }),
  search: { l2: logRange(1, 10_000) },
  capabilities: ['weights'],
  memory({ users, items, interactions, weighted = false }, o) {
    const n = o.form === 'dual' ? users : o.form === 'primal' ? items : Math.min(users, items);
    // The inverse, the columns of one of its sweeps twice, and what scoring a block takes.
    return symmetricLength(n) * 4 + n * 2048 + (users + items) * BLOCK * 8 + interactions * (weighted ? 12 : 8);
  },
  create({ kernels: k, train }, o) {
    const dual = o.form === 'dual' || (o.form === 'auto' && train.users <= train.items);
    const byItem = transpose(train);
    const n = dual ? train.users : train.items;
    const inverse = takeSymmetric(k, n);
    gram(inverse, dual ? byItem : train, o.l2);
    try {
      k.invert(inverse);
    } catch (error) {
      k.free(inverse.values);
      throw error;
    }
    const diagonal = Float64Array.from({ length: train.items }, (_, j) =>
      dual ? (1 - quadratic(inverse, itemsOf(byItem, j), weightsOf(byItem, j))) / o.l2 : inverse.values[placeOf(j, j)]!,
    );
    const score = dual ? dualScores() : primalScores();
    return {
      name: 'ease',
      users: train.users,
      items: train.items,
      parameters: [],
      size: (n * (n + 1)) / 2 + (dual ? train.indices.length : 0),
      scoreRows(users, out) {
        score.write(users, out);
        for (let r = 0; r < users.length; r++) {
          const at = r * train.items;
          for (let j = 0; j < train.items; j++) out[at + j] = -out[at + j]! / diagonal[j]!;
          const weights = weightsOf(train, users[r]!);
          itemsOf(train, users[r]!).forEach((j, e) => {
            out[at + j]! += weights?.[e] ?? 1;
          });
        }
      },
      close() {
        score.close();
        k.free(inverse.values);
      },
    };

    /** out = rows of X P, as M X: rows of the symmetric M, then their weighted sums over the users of each item. */
    function dualScores() {
      const each = Int32Array.from({ length: n + 1 }, (_, u) => u);
      const own = takeRows(k, { columns: n, indptr: each, indices: each.subarray(0, n) });
      const usersOf = takeRows(k, { columns: n, indptr: byItem.indptr, indices: byItem.indices }, byItem.weights);
      const chosen = k.ints(BLOCK);
      const [rows, columns] = [k.floats(n * BLOCK), k.floats(n * BLOCK)];
      const product = k.floats(train.items * BLOCK);
      return {
        write(users: Int32Array, out: Floats) {
          for (let start = 0; start < users.length; start += BLOCK) {
            const some = chosen.subarray(0, Math.min(BLOCK, users.length - start));
            const width = some.length;
            some.set(users.subarray(start, start + width));
            k.sumRows(own, some, inverse, rows);
            k.transpose(rows, width, n, columns);
            k.propagate(usersOf, columns, product, width);
            k.transpose(product, train.items, width, out.subarray(start * train.items));
          }
        },
        close() {
          freeRows(k, own);
          freeRows(k, usersOf);
          k.free(chosen, rows, columns, product);
        },
      };
    }

    /** out = rows of X P: weighted sums of rows of P. */
    function primalScores() {
      const rows = takeRows(k, { columns: n, indptr: train.indptr, indices: train.indices }, train.weights);
      return {
        write(users: Int32Array, out: Floats) {
          const chosen = k.ints(users.length);
          chosen.set(users);
          k.sumRows(rows, chosen, inverse, out);
          k.free(chosen);
        },
        close: () => freeRows(k, rows),
      };
    }
  },
});

/** target = Y'Y + l2 I, where the rows of `y` (users or items) name the columns that meet in them. */
function gram({ n, values }: Symmetric, y: Interactions, l2: number): void {
  for (let row = 0; row < y.users; row++) {
    const own = itemsOf(y, row);
    const weights = weightsOf(y, row);
    for (let a = 0; a < own.length; a++) {
      for (let b = 0; b <= a; b++) values[placeOf(own[a]!, own[b]!)]! += weights ? weights[a]! * weights[b]! : 1;
    }
  }
  for (let d = 0; d < n; d++) values[placeOf(d, d)]! += l2;
}

/** x' S x for the x with `weights`, or ones, at the places in `set`. */
function quadratic({ values }: Symmetric, set: Int32Array, weights?: Float32Array): number {
  let sum = 0;
  for (let a = 0; a < set.length; a++) {
    const left = weights ? weights[a]! : 1;
    for (let b = 0; b < a; b++) sum += 2 * left * (weights ? weights[b]! : 1) * values[placeOf(set[a]!, set[b]!)]!;
    sum += left * left * values[placeOf(set[a]!, set[a]!)]!;
  }
  return sum;
}
