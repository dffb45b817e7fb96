/**
 * The network of NeuMF (He et al., WWW 2017): logit(u, i) = <wOut, [gmfUsers[u] * gmfItems[i], x_L]> + bOut with
 * x_1 = relu(w1 [mlpUsers[u], mlpItems[i]] + b1), x_l = relu(w_l x_{l-1} + b_l), each layer half as wide as what it is given.
 * The first layer is the sum of a share of the user and a share of the item, so neither is computed anew for each pair.
 */
import { stream } from '../config/random.js';
import type { Floats, Kernels } from '../kernels/index.js';
import type { Parameter } from './_model.js';
import { freeParameters, normalTable } from './factors.js';

export interface NeumfShape {
  readonly users: number;
  readonly items: number;
  /** Numbers of each of the two embeddings of a user or item. */
  readonly dim: number;
  /** Hidden layers; at least one, and at most as many as `neumfWidths` has units for. */
  readonly layers: number;
  /** Standard deviation of the initial embeddings and biases. */
  readonly initScale: number;
}

/** Units of each hidden layer: the first is given 2 * dim numbers, and each halves. 0 where nothing is left to halve. */
export const neumfWidths = (dim: number, layers: number): number[] =>
  Array.from({ length: layers }, (_, l) => Math.floor(dim / 2 ** l));

/** The parameters with views of their parts. */
export interface NeumfTables {
  readonly parameters: readonly Parameter[];
  readonly widths: readonly number[];
  readonly gmfUsers: Parameter;
  readonly gmfItems: Parameter;
  readonly mlpUsers: Parameter;
  readonly mlpItems: Parameter;
  /** Weights, outputs x inputs, and bias of each hidden layer. */
  readonly hidden: readonly { readonly weights: Parameter; readonly bias: Parameter }[];
  /** The first layer's weights on the user and on the item: one table, rows of 2 * dim numbers, from different columns on. */
  readonly users: Part;
  readonly items: Part;
  /** The output's weights on the product of the embeddings and on the last hidden layer, and its bias. */
  readonly gmf: Part;
  readonly mlp: Part;
  readonly bOut: Parameter;
}

interface Part {
  readonly values: Floats;
  readonly gradient: Floats;
}

const part = (p: Parameter, from: number, to?: number): Part => ({
  values: p.values.subarray(from, to),
  gradient: p.gradient.subarray(from, to),
});

/** Fresh parameters: normal, embeddings and biases with deviation `initScale`, weights with that of Glorot. */
export function neumfTables(k: Kernels, shape: NeumfShape, seed: number): NeumfTables {
  const { users, items, dim, layers, initScale } = shape;
  const widths = neumfWidths(dim, layers);
  const table = (name: string, rows: number, columns: number, deviation: number, of?: 'users' | 'items') =>
    normalTable(k, name, rows, columns, stream(seed, `neumf ${name}`), deviation, of);
  const weights = (name: string, outputs: number, inputs: number) =>
    table(name, outputs, inputs, Math.sqrt(2 / (outputs + inputs)));
  const biases = (name: string, outputs: number) => ({ ...table(name, 1, outputs, initScale), shape: [outputs] });
  const gmfUsers = table('gmfUsers', users, dim, initScale, 'users');
  const gmfItems = table('gmfItems', items, dim, initScale, 'items');
  const mlpUsers = table('mlpUsers', users, dim, initScale, 'users');
  const mlpItems = table('mlpItems', items, dim, initScale, 'items');
  const hidden = widths.map((units, l) => ({
    weights: weights(`w${l + 1}`, units, widths[l - 1] ?? 2 * dim),
    bias: biases(`b${l + 1}`, units),
  }));
  const wOut = weights('wOut', 1, dim + widths.at(-1)!);
  const bOut = biases('bOut', 1);
  const layersOf = hidden.flatMap(({ weights: w, bias }) => [w, bias]);
  return {
    parameters: [gmfUsers, gmfItems, mlpUsers, mlpItems, ...layersOf, wOut, bOut],
    widths,
    gmfUsers,
    gmfItems,
    mlpUsers,
    mlpItems,
    hidden,
    users: part(hidden[0]!.weights, 0),
    items: part(hidden[0]!.weights, dim),
    gmf: part(wOut, 0, dim),
    mlp: part(wOut, dim),
    bOut,
  };
}

export const freeNeumf = (k: Kernels, t: NeumfTables): void => freeParameters(k, t.parameters);

/** out = the logits of all items for each of `users`, row by row, in kernel memory. */
export function neumfScores(
  k: Kernels,
  t: NeumfTables,
  { items, dim }: NeumfShape,
  users: Int32Array,
  out: Floats,
): void {
  const n = users.length;
  const units = t.widths[0]!;
  const ids = k.ints(n);
  ids.set(users);
  const own = k.floats(n * dim);
  const [userShare, itemShare] = [k.floats(n * units), k.floats(items * units)];
  k.gather(t.gmfUsers.values, ids, dim, own, n);
  k.scaleColumns(own, t.gmf.values, own, n, dim);
  k.gemm(own, t.gmfItems.values, out, n, items, dim, 'nt');
  k.gather(t.mlpUsers.values, ids, dim, own, n);
  k.gemm(own, t.users.values, userShare, n, units, dim, 'nt', { ldb: 2 * dim });
  k.addBias(userShare, t.hidden[0]!.bias.values, n, units);
  k.gemm(t.mlpItems.values, t.items.values, itemShare, items, units, dim, 'nt', { ldb: 2 * dim });
  const further = t.hidden.slice(1).map(({ weights, bias }) => ({ weights: weights.values, bias: bias.values }));
  const output = { weights: t.mlp.values, bias: t.bOut.values };
  k.perceptronScores(userShare, itemShare, n, items, units, further, output, out);
  k.free(ids, own, userShare, itemShare);
}
