/**
 * The encoder of CDAE. Rows are [h_u, 1] with h_u = sigmoid(We' x_u + be + p_u). Within a batch, dropout removes items from x_u,
 * the same ones for every loss. Outside of batches x_u is complete.
 */

import type { Interactions } from '../data/interactions.js';
import type { Floats, Kernels } from '../kernels/index.js';
import { stream } from '../math/random.js';
import type { Parameter } from './_model.js';
import { createDerivedRows, type DerivedRows } from './derived-rows.js';
import { freeParameters, marked, normalTable, zeroTable } from './factors.js';
import { type RowBlock, takeRowBlock } from './vae-rows.js';

export interface Encoder {
  readonly parameters: readonly Parameter[];
  /** Rows of dim + 1 values: [h_u, 1]. */
  readonly rows: DerivedRows;
  close(): void;
}

/** Users that were encoded together. */
interface Piece {
  readonly users: Int32Array;
  readonly block: RowBlock;
  /** h_u of each user, `users * dim` values. */
  readonly h: Floats;
}

export function createEncoder(
  k: Kernels,
  train: Interactions,
  o: { readonly dim: number; readonly dropout: number },
  seed: number,
): Encoder {
  const { dim } = o;
  const width = dim + 1;
  const table = (name: string, rows: number, of: 'users' | 'items') =>
    marked(k, normalTable(k, name, rows, dim, stream(seed, `cdae ${name}`), Math.sqrt(2 / (rows + dim)), of));
  const weights = table('encoder', train.nItems, 'items');
  const bias = zeroTable(k, 'encoderBias', [dim]);
  const own = table('users', train.nUsers, 'users');
  const key = stream(seed, 'cdae dropout');

  const rows = createDerivedRows<Piece>(k, train.nUsers, width, {
    make(users, values, epoch) {
      const dropout = epoch === undefined ? undefined : { rate: o.dropout, key, epoch };
      const block = takeRowBlock(k, train, users, () => 1, dropout);
      const [h, sums] = [k.floats(users.length * dim), k.floats(users.length * dim)];
      for (let r = 0; r < users.length; r++) {
        h.set(own.values.subarray(users[r]! * dim, (users[r]! + 1) * dim), r * dim);
      }
      k.propagate(block.input, weights.values, sums, dim, h);
      k.addBias(h, bias.values, users.length, dim);
      k.sigmoid(h, users.length * dim);
      for (let r = 0; r < users.length; r++) {
        values.set(h.subarray(r * dim, (r + 1) * dim), users[r]! * width);
        values[users[r]! * width + dim] = 1;
      }
      k.free(sums);
      return { users, block, h };
    },
    back({ users, block, h }, gradient) {
      const n = users.length;
      const dh = k.floats(n * dim);
      for (let r = 0; r < n; r++) dh.set(gradient.subarray(r * width, r * width + dim), r * dim);
      k.sigmoidBackward(h, dh, n * dim);
      k.columnSums(dh, bias.gradient, n, dim);
      for (let r = 0; r < n; r++) {
        for (let d = 0; d < dim; d++) own.gradient[users[r]! * dim + d]! += dh[r * dim + d]!;
      }
      const { indices, indptr, weights: entries } = block.input;
      k.accumulate(weights.gradient, indices, dh, block.rowOf, entries, dim, indptr[n]!);
      own.touched?.mark(users);
      weights.touched?.mark(indices.subarray(0, indptr[n]!));
      k.free(dh);
    },
    forget({ block, h }) {
      block.close();
      k.free(h);
    },
  });
  return {
    parameters: [weights, bias, own],
    rows,
    close() {
      rows.close();
      freeParameters(k, [weights, bias, own]);
    },
  };
}
