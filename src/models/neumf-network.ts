/**
 * The network of NeuMF (He et al., WWW 2017), see kernels/neumf. The first layer is the sum of a user part and an item part,
 * so full ranking computes each part once and not once per pair.
 */

import type { Floats, Kernels, NeumfLayers } from '../kernels/index.js';
import { stream } from '../math/random.js';
import type { Parameter } from './_model.js';
import { freeParameters, marked, normalTable } from './factors.js';

export interface NeumfShape {
  readonly nUsers: number;
  readonly nItems: number;
  /** Dimension of each of the two embeddings of a user or item. */
  readonly dim: number;
  /** Number of hidden layers, at least 1. Each must have units, see `neumfWidths`. */
  readonly layers: number;
  /** Standard deviation of the initial embeddings and biases. */
  readonly initScale: number;
}

/** Units of each hidden layer. The input has 2 * dim values, and each layer halves the width. 0 if there is nothing left to halve. */
export const neumfWidths = (dim: number, layers: number): number[] =>
  Array.from({ length: layers }, (_, l) => Math.floor(dim / 2 ** l));

export interface NeumfNetwork {
  readonly parameters: readonly Parameter[];
  /** Rows of 2 * dim values: the embedding for the product, then the embedding for the hidden layers. */
  readonly users: Parameter;
  readonly items: Parameter;
  /** Weights and biases of the hidden layers in order, then of the output. */
  readonly layers: readonly Parameter[];
  readonly values: NeumfLayers;
  readonly gradient: NeumfLayers;
  /** out = logits of all items for each of `users`, row by row, in kernel memory. */
  score(users: Int32Array, out: Floats): void;
  close(): void;
}

/**
 * Initial parameters. Embeddings and biases are normal with standard deviation `initScale`, weights normal with Glorot's. The output
 * weights of the product are 1, so the network starts as plain matrix factorisation.
 */
export function createNeumf(k: Kernels, shape: NeumfShape, seed: number): NeumfNetwork {
  const { dim, layers, initScale } = shape;
  const wide = 2 * dim;
  const widths = neumfWidths(dim, layers);
  const table = (name: string, rows: number, columns: number, deviation: number, of?: 'users' | 'items') =>
    normalTable(k, name, rows, columns, stream(seed, `neumf ${name}`), deviation, of);
  const layer = (suffix: string, inputs: number, units: number) => ({
    weights: table(`w${suffix}`, units, inputs, Math.sqrt(2 / (inputs + units))),
    bias: { ...table(`b${suffix}`, 1, units, initScale), shape: [units] },
  });
  const users = marked(k, table('users', shape.nUsers, wide, initScale, 'users'));
  const items = marked(k, table('items', shape.nItems, wide, initScale, 'items'));
  const hidden = widths.map((units, l) => layer(`${l + 1}`, widths[l - 1] ?? wide, units));
  const output = layer('Out', dim + widths.at(-1)!, 1);
  output.weights.values.fill(1, 0, dim);
  const all = [...hidden, output].flatMap(({ weights, bias }) => [weights, bias]);
  const parameters = [users, items, ...all];
  const partOf = (part: 'values' | 'gradient'): NeumfLayers => {
    const [first, ...rest] = [output, ...hidden].map((l) => ({ weights: l.weights[part], bias: l.bias[part] }));
    return { output: first!, hidden: rest };
  };
  const values = partOf('values');

  return {
    parameters,
    users,
    items,
    layers: all,
    values,
    gradient: partOf('gradient'),
    score(ids, out) {
      const [n, units] = [ids.length, widths[0]!];
      const [first, ...further] = values.hidden;
      const rows = k.floats(n * wide);
      const [userShare, itemShare] = [k.floats(n * units), k.floats(shape.nItems * units)];
      for (let r = 0; r < n; r++) {
        rows.set(users.values.subarray(ids[r]! * wide, (ids[r]! + 1) * wide), r * wide);
        for (let d = 0; d < dim; d++) rows[r * wide + d]! *= values.output.weights[d]!;
      }
      k.gemm(rows, items.values, out, n, shape.nItems, dim, 'nt', { lda: wide, ldb: wide });
      const halves = { lda: wide, ldb: wide };
      k.gemm(rows.subarray(dim), first!.weights, userShare, n, units, dim, 'nt', halves);
      k.addBias(userShare, first!.bias, n, units);
      const ofItems = first!.weights.subarray(dim);
      k.gemm(items.values.subarray(dim), ofItems, itemShare, shape.nItems, units, dim, 'nt', halves);
      const last = { weights: values.output.weights.subarray(dim), bias: values.output.bias };
      k.perceptronScores(userShare, itemShare, n, shape.nItems, units, further, last, out);
      k.free(rows, userShare, itemShare);
    },
    close: () => freeParameters(k, parameters),
  };
}
