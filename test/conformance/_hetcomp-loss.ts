/** What the two phases of HetComp's loss share: the row loss in float64 and the kernel in float32. */
import { hetcompLoss } from 'recdistill/distill';
import { freeRows, type Kernels, takeRows } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onFloat32, put, putInts } from './_machines.js';
import { readInteractions, readLists, readMatrix } from './inputs.js';
import { type Matrix, nestRows } from './matrix.js';

type Phase = 'overall' | 'fine';

export const hetcompLossChecker = (phase: Phase, float32: NonNullable<Checker['float32']>): Checker => ({
  float32,
  check: (inputs) => ({ float64: rowByRow(inputs, phase), float32: onFloat32((k) => byKernel(k, inputs, phase)) }),
});

function rowByRow(inputs: Inputs, phase: Phase): Result {
  const { rows, columns, values } = readMatrix(inputs, 'scores');
  const [observed, ranked] = [readLists(inputs, 'observed'), readLists(inputs, 'ranked')];
  const train = readInteractions(inputs, 'train', columns);
  const gradient = new Float64Array(values.length);
  let loss = 0;
  for (let r = 0; r < rows; r++) {
    const own = train.indices.subarray(train.indptr[r]!, train.indptr[r + 1]!);
    const [from, to] = [r * columns, (r + 1) * columns];
    loss += hetcompLoss(
      values.subarray(from, to),
      { observed: observed[r]!, ranked: ranked[r]!, train: own, phase, formulas: 'published' },
      gradient.subarray(from, to),
    );
  }
  return { loss, grad_scores: nestRows(gradient, columns) };
}

/** Row r's user has the unit vector r, so an item's vector is its column of scores and its gradient that of the column. */
function byKernel(k: Kernels, inputs: Inputs, phase: Phase): Result {
  const scores = readMatrix(inputs, 'scores');
  const { rows: dim, columns: nItems } = scores;
  const ranked = readMatrix(inputs, 'ranked');
  const train = takeRows(k, { columns: nItems, ...readInteractions(inputs, 'train', nItems) });
  const observed = takeRows(k, listsInOrder(readLists(inputs, 'observed'), nItems));
  const step = {
    users: putInts(
      k,
      Array.from({ length: dim }, (_, r) => r),
    ),
    userVectors: put(
      k,
      Array.from({ length: dim * dim }, (_, at) => (at % (dim + 1) === 0 ? 1 : 0)),
    ),
    itemVectors: put(k, turned(scores).map(besideTheClamp)),
    ranked: putInts(k, ranked.values),
    userGradient: k.floats(dim * dim),
    itemGradient: k.floats(nItems * dim),
    losses: k.floats(dim),
  };
  const topK = ranked.columns;
  k.hetcomp({ ...step, dim, nItems, train, observed, topK, phase, formulas: 'published', scale: 1 });
  const gradient = turned({ rows: nItems, columns: dim, values: Float64Array.from(step.itemGradient) });
  const loss = Array.from(step.losses).reduce((a, b) => a + b, 0);
  freeRows(k, train);
  freeRows(k, observed);
  k.free(...Object.values(step));
  return { loss, grad_scores: nestRows(gradient, nItems) };
}

/** Unlike interactions, these keep their order and what is there twice. */
function listsInOrder(lists: readonly (readonly number[])[], columns: number) {
  const indptr = Int32Array.from([0, ...lists.map((list) => list.length)]);
  for (let r = 1; r < indptr.length; r++) indptr[r]! += indptr[r - 1]!;
  return { columns, indptr, indices: Int32Array.from(lists.flat()) };
}

const turned = ({ rows, columns, values }: Matrix): Float64Array =>
  Float64Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);

/** A score just beyond the clamp has gradient 0; rounded to float32 it must not fall on the clamp itself, which has one. */
const besideTheClamp = (score: number): number =>
  Math.abs(score) > CLAMP && Math.abs(Math.fround(score)) === CLAMP ? Math.sign(score) * NEXT_TO_CLAMP : score;

const CLAMP = 40;
/** The next float32 number above 40. */
const NEXT_TO_CLAMP = 40 + 2 ** -18;
