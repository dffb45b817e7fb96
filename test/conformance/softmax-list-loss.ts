/** Subject `softmax-list-loss`: the softmax over all items against weighted lists, of the method `softmax`. */
import { freeRows, type Kernels, takeRows } from 'recdistill/kernels';
import { softmaxListLoss } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { onFloat32, put, putInts } from './_machines.js';
import { readInteractions, readLists, readMatrix, readNumber, readNumbers } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

export const softmaxList: Checker = {
  // Scores up to 90 in float32 have errors of 4e-6, and so have their exponentials, of which a gradient has one for each list item.
  float32: { abs: 5e-5, rel: 1e-5 },
  check: (inputs) => ({ float64: rowByRow(inputs), float32: onFloat32((k) => byKernel(k, inputs)) }),
};

function weightsOf(inputs: Inputs, length: number): readonly number[] {
  if (inputs.weights === 'log2') return Array.from({ length }, (_, at) => 1 / Math.log2(at + 2));
  return inputs.weights === 'equal'
    ? new Array<number>(length).fill(1)
    : readNumbers(inputs, 'weights').slice(0, length);
}

function rowByRow(inputs: Inputs): Result {
  const { rows, columns, values } = readMatrix(inputs, 'scores');
  const [lists, own, excluded] = ['lists', 'own', 'excluded'].map((key) => readLists(inputs, key));
  const [temperature, ownWeight] = [readNumber(inputs, 'temperature'), readNumber(inputs, 'own_weight')];
  const gradient = new Float64Array(values.length);
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    const listed = lists![r]!;
    const row = { listed, weights: weightsOf(inputs, listed.length), own: own![r]!, excluded: excluded![r]! };
    const [from, to] = [r * columns, (r + 1) * columns];
    const part = gradient.subarray(from, to);
    loss += softmaxListLoss(values.subarray(from, to), { ...row, temperature, ownWeight }, part);
  }
  return { loss, scores_gradient: nestRows(gradient, columns) };
}

/** Row r's user has the unit vector r, so an item's vector is its column of scores and its gradient that of the column. */
function byKernel(k: Kernels, inputs: Inputs): Result {
  const scores = readMatrix(inputs, 'scores');
  const { rows: dim, columns: nItems } = scores;
  const lists = readLists(inputs, 'lists');
  const indptr = Int32Array.from([0, ...lists.map((list) => list.length)]);
  for (let r = 1; r < indptr.length; r++) indptr[r]! += indptr[r - 1]!;
  const weights = lists.flatMap((list) => weightsOf(inputs, list.length));
  const own = takeRows(k, { columns: nItems, ...readInteractions(inputs, 'own', nItems) });
  const listed = takeRows(k, { columns: nItems, indptr, indices: Int32Array.from(lists.flat()) }, weights);
  const step = {
    users: putInts(
      k,
      Array.from({ length: dim }, (_, r) => r),
    ),
    userVectors: put(
      k,
      Array.from({ length: dim * dim }, (_, at) => (at % (dim + 1) === 0 ? 1 : 0)),
    ),
    itemVectors: put(k, turned(scores)),
    userGradient: k.floats(dim * dim),
    itemGradient: k.floats(nItems * dim),
    losses: k.floats(dim),
  };
  const [temperature, ownWeight] = [readNumber(inputs, 'temperature'), readNumber(inputs, 'own_weight')];
  const lengths = { ...listed, weights: listed.weights! };
  k.softmax({ ...step, dim, nItems, own, listed: lengths, temperature, ownWeight, scale: 1 });
  const gradient = turned({ rows: nItems, columns: dim, values: Float64Array.from(step.itemGradient) });
  const loss = Array.from(step.losses).reduce((a, b) => a + b, 0);
  freeRows(k, own);
  freeRows(k, listed);
  k.free(...Object.values(step));
  return { loss, scores_gradient: nestRows(gradient, nItems) };
}

const turned = ({ rows, columns, values }: Matrix): Float64Array =>
  Float64Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
