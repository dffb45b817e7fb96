/** Subject `freqd-loss`: the graph of co-occurrence, and the loss of smoothed embeddings with all gradients. */
import { fromPairs, transpose } from 'recdistill/data';
import {
  adjacencyOf,
  coOccurring,
  createFilter,
  createFilteredSide,
  createProjection,
  filterOf,
  type SparseRows,
} from 'recdistill/distill';
import type { Kernels } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put, putInts } from './_machines.js';
import { fillProjection, gradientsOf, NO_BATCH, optionsOf, readProjector } from './_projection.js';
import { readBoolean, readLists, readMatrix, readNumber, readNumbers, readText } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

export const freqdLoss: Checker = {
  // Two layers of float32 sums.
  float32: { abs: 1e-4, rel: 1e-5 },
  check(inputs) {
    const kind = readText(inputs, 'kind');
    if (kind === 'graph') return { float64: graph(inputs) };
    if (kind === 'loss') return onBoth((k) => loss(k, inputs));
    throw new Error(`there is no kind ${kind}`);
  },
};

function graph(inputs: Inputs): Result {
  const pairs = readLists(inputs, 'interactions');
  const [users, items] = [pairs.map((pair) => pair[0]!), pairs.map((pair) => pair[1]!)];
  const train = fromPairs(readNumber(inputs, 'n_users'), readNumber(inputs, 'n_items'), users, items);
  const of = readText(inputs, 'side') === 'user' ? train : transpose(train);
  const zeroCounts = readText(inputs, 'zero_counts') === 'keep' ? 'keep' : 'drop';
  const neighbours = coOccurring(of, readNumber(inputs, 'neighbors'), zeroCounts);
  const { indptr, indices, weights } = adjacencyOf(neighbours);
  const adjacency = neighbours.map((_, node) => {
    const row = new Array<number>(neighbours.length).fill(0);
    for (let e = indptr[node]!; e < indptr[node + 1]!; e++) row[indices[e]!] = weights[e]!;
    return row;
  });
  return { neighbor_ids: neighbours, adjacency };
}

function loss(k: Kernels, inputs: Inputs): Result {
  const [student, teacher] = [readMatrix(inputs, 'student'), readMatrix(inputs, 'teacher')];
  const filter = createFilter(k, filterOf(sparse(readMatrix(inputs, 'adjacency')), readNumber(inputs, 'alpha'), 1));
  const given = readProjector(inputs);
  const dims = { student: student.columns, teacher: teacher.columns };
  const projection = createProjection(k, dims, optionsOf(given), 0, 'f');
  fillProjection(projection, given);
  const side = createFilteredSide(k, projection, dims, filter);
  const [values, targets] = [put(k, student.values), put(k, teacher.values)];
  const gradient = k.floats(values.length);
  const smoothed = filter.all(targets, teacher.columns);
  const rows = putInts(k, readNumbers(inputs, 'rows'));
  const form = readBoolean(inputs, 'normalize') ? 'cosine' : 'squared';
  const result = {
    loss: side.reconstruct(rows, { values, gradient }, smoothed, form, 1, NO_BATCH),
    grad_student: nestRows(Array.from(gradient), student.columns),
    ...gradientsOf(projection, given),
  };
  side.close();
  filter.close();
  k.free(values, targets, gradient, smoothed, rows);
  return result;
}

/** The entries of a matrix that are not 0. */
function sparse({ rows, columns, values }: Matrix): SparseRows {
  const indptr = new Int32Array(rows + 1);
  const [indices, weights]: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!;
      if (value === 0) continue;
      indices.push(column);
      weights.push(value);
    }
    indptr[row + 1] = indices.length;
  }
  return { indptr, indices: Int32Array.from(indices), weights: Float64Array.from(weights) };
}
