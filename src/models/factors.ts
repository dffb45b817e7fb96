/** Shared by models with inner products: tables, scoring, and the pairwise BPR step. */
import type { Floats, Kernels } from '../kernels/index.js';
import { bpr } from '../losses/bpr.js';
import { stream } from '../math/random.js';
import { createTouchedRows } from '../optim/index.js';
import type { Batch, Factors, ModelContext, PairBatch, Parameter, Tables } from './_model.js';

/** A table of `rows x columns` normal values with standard deviation `deviation`, and its gradient. */
export function normalTable(
  k: Kernels,
  name: string,
  rows: number,
  columns: number,
  key: { k0: number; k1: number },
  deviation: number,
  of?: 'users' | 'items',
): Parameter {
  const values = k.floats(rows * columns);
  k.normal(values, key, 0, deviation);
  return { name, shape: [rows, columns], values, gradient: k.floats(rows * columns), ...(of ? { rows: of } : {}) };
}

export const zeroTable = (k: Kernels, name: string, shape: readonly number[]): Parameter => {
  const length = shape.reduce((a, b) => a * b, 1);
  return { name, shape, values: k.floats(length), gradient: k.floats(length) };
};

export const freeParameters = (k: Kernels, parameters: readonly Parameter[]): void => {
  for (const p of parameters) {
    p.touched?.close();
    k.free(p.values, p.gradient);
  }
};

/** The same table for a model that marks every row whose gradient it changes. */
export const marked = (k: Kernels, table: Parameter): Parameter => ({
  ...table,
  touched: createTouchedRows(k, table.shape[0]!),
});

/** The tables `users` and `items` of a model with a row of `dim` values for each, normal with standard deviation `deviation`. */
export const embeddings = (
  { kernels: k, train, seed }: ModelContext,
  model: string,
  dim: number,
  deviation: number,
): readonly [users: Parameter, items: Parameter] => [
  normalTable(k, 'users', train.nUsers, dim, stream(seed, `${model} users`), deviation, 'users'),
  normalTable(k, 'items', train.nItems, dim, stream(seed, `${model} items`), deviation, 'items'),
];

/** Marks the rows of a batch's users and items, negatives included. */
export function markBatch(parameters: readonly Parameter[], batch: PairBatch): void {
  for (const { rows, touched } of parameters) {
    if (rows === 'users') touched?.mark(batch.users.subarray(0, batch.size));
    if (rows === 'items') {
      touched?.mark(batch.positives.subarray(0, batch.size));
      touched?.mark(batch.negatives.subarray(0, batch.size * batch.perPositive));
    }
  }
}

/** All scores of `users`, as a block of the product of the two tables. */
export function scoreByFactors(k: Kernels, f: Tables, users: Int32Array, nItems: number, out: Floats): void {
  const rows = k.floats(users.length * f.dim);
  for (let r = 0; r < users.length; r++) {
    rows.set(f.userFactors.subarray(users[r]! * f.dim, (users[r]! + 1) * f.dim), r * f.dim);
  }
  k.gemm(rows, f.itemFactors, out, users.length, nItems, f.dim, 'nt');
  k.free(rows);
}

export interface BprStep {
  /** Adds the gradient of the BPR loss of a batch to the gradients of the factors. Returns the summed loss. */
  accumulate(factors: Factors, batch: Batch): number;
  close(): void;
}

/** Buffers for batches of up to `triples` triples, each of two pairs: (user, positive), (user, negative). */
export function bprStep(k: Kernels, triples: number): BprStep {
  const users = k.ints(2 * triples);
  const items = k.ints(2 * triples);
  const scores = k.floats(2 * triples);
  const weights = k.floats(2 * triples);
  return {
    accumulate(f, batch) {
      if (batch.kind !== 'pairs') throw new TypeError('BPR works on batches of pairs');
      const n = batch.size * batch.perPositive;
      for (let t = 0; t < n; t++) {
        const pair = Math.floor(t / batch.perPositive);
        users[2 * t] = users[2 * t + 1] = batch.users[pair]!;
        items[2 * t] = batch.positives[pair]!;
        items[2 * t + 1] = batch.negatives[t]!;
      }
      k.dotPairs(f.userFactors, f.itemFactors, f.dim, users, items, scores, 2 * n);
      const loss = bpr(scores, weights, n);
      k.accumulate(f.userGradient, users, f.itemFactors, items, weights, f.dim, 2 * n);
      k.accumulate(f.itemGradient, items, f.userFactors, users, weights, f.dim, 2 * n);
      return loss;
    },
    close: () => k.free(users, items, scores, weights),
  };
}
