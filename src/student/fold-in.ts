/**
 * Fold-in: user factors for a user who is not in the training data, from the items they have (set B), by weighted least
 * squares on the item factors V. Nothing is retrained. Unobserved items have a small weight w (Hu et al., ICDM 2008):
 *
 *   x = argmin  sum_{i in B} (1 - x . v_i)^2 + w sum_i (x . v_i)^2 + lambda |x|^2  =  (V_B' V_B + w V' V + lambda I)^-1 V_B' 1
 *   u = x * (mean norm of the trained users' factors) / |x|
 *
 * lambda = l2 * (mean squared norm of the item factors), which makes `l2` independent of the scale of the factors. It is
 * at least 1e-12 of the trace of the other terms. The last line scales the new user's scores to those of trained users,
 * which matters if there are item biases.
 *
 * If the mean item vector m is more than `CENTRED_ABOVE` of the mean squared norm, v_i - m takes the place of v_i in the equation. A loss on
 * differences of scores (BPR, softmax, HetComp) does not change if all scores of a user do, so m is then arbitrary, but the targets 1 and 0 are
 * not; the lists of u are the same with and without m.
 */

/** Share of the mean vector in the mean squared norm of item factors above which they are centred. */
export const CENTRED_ABOVE = 0.05;

export interface FoldInSpace {
  /** `nItems * dim` item factors. */
  readonly factors: ArrayLike<number>;
  readonly dim: number;
  /** What is subtracted from every item's factors: their mean, or 0. */
  readonly centre: Float64Array;
  /** V' V, lower triangle only, of the centred factors. */
  readonly gram: Float64Array;
  /** Mean squared norm of the centred item factors. */
  readonly meanSquare: number;
  /** Mean norm of the user factors. */
  readonly userLength: number;
}

export interface FoldInWeights {
  /** Regularisation, > 0, relative to the mean squared norm of the item factors. */
  readonly l2: number;
  /** Weight w of an unobserved item, >= 0. An observed item has weight 1. */
  readonly unobserved: number;
}

/** Chosen on held-out users of CiteULike and of synthetic data, for students with and without teachers (`npm run experiments -- fold-in`). */
export const foldInDefaults: FoldInWeights = { l2: 30, unobserved: 0.03 };

/**
 * Precomputes the terms of fold-in that depend on the student only, in `nItems * dim^2` steps.
 * @param centring `never`: item factors are not centred, whatever their mean
 */
export function foldInSpace(
  userFactors: Float32Array,
  itemFactors: Float32Array,
  dim: number,
  centring: 'by-mean' | 'never' = 'by-mean',
): FoldInSpace {
  const nItems = Math.max(1, itemFactors.length / dim);
  const mean = new Float64Array(dim);
  let squares = 0;
  for (let row = 0; row < itemFactors.length; row += dim)
    for (let a = 0; a < dim; a++) {
      const v = itemFactors[row + a]!;
      mean[a]! += v;
      squares += v * v;
    }
  for (let a = 0; a < dim; a++) mean[a]! /= nItems;
  const centred = centring === 'by-mean' && squareOf(mean) * nItems > CENTRED_ABOVE * squares;
  const centre = centred ? mean : new Float64Array(dim);
  const gram = new Float64Array(dim * dim);
  const moved = new Float64Array(dim);
  for (let row = 0; row < itemFactors.length; row += dim) {
    for (let a = 0; a < dim; a++) moved[a] = itemFactors[row + a]! - centre[a]!;
    addProduct(gram, moved, 0, dim);
  }
  let lengths = 0;
  for (let start = 0; start < userFactors.length; start += dim) {
    let square = 0;
    for (let j = start; j < start + dim; j++) square += userFactors[j]! * userFactors[j]!;
    lengths += Math.sqrt(square);
  }
  return {
    factors: itemFactors,
    dim,
    centre,
    gram,
    meanSquare: traceOf(gram, dim) / nItems,
    userLength: lengths / Math.max(1, userFactors.length / dim),
  };
}

/**
 * Computes the factors of a new user.
 * @param items distinct item indices, at least one
 * @returns `dim` factors, all 0 if the factors of every given item are the centre
 */
export function foldIn(space: FoldInSpace, items: ArrayLike<number>, { l2, unobserved }: FoldInWeights): Float64Array {
  const { factors, dim, centre } = space;
  const gram = space.gram.map((v) => unobserved * v);
  const x = new Float64Array(dim);
  const own = new Float64Array(dim);
  for (let n = 0; n < items.length; n++) {
    const row = items[n]! * dim;
    for (let a = 0; a < dim; a++) {
      own[a] = factors[row + a]! - centre[a]!;
      x[a]! += own[a]!;
    }
    addProduct(gram, own, 0, dim);
  }
  // Below the second value the system could not be solved in float64.
  const lambda = Math.max(l2 * space.meanSquare, 1e-12 * traceOf(gram, dim));
  // All factors are zero: there is nothing to solve, and the zero vector ranks by bias alone.
  if (lambda === 0) return x;
  for (let a = 0; a < dim; a++) gram[a * dim + a]! += lambda;
  solveCholesky(gram, x, dim);
  // Not Math.hypot or Math.pow: their last bits depend on the engine.
  const length = Math.sqrt(squareOf(x));
  return length > 0 ? x.map((v) => (v * space.userLength) / length) : x;
}

/** Adds v v' to the lower triangle, with v the `dim` values from `row` on. */
function addProduct(gram: Float64Array, v: ArrayLike<number>, row: number, dim: number): void {
  for (let a = 0; a < dim; a++) {
    const value = v[row + a]!;
    for (let b = 0; b <= a; b++) gram[a * dim + b]! += value * v[row + b]!;
  }
}

function squareOf(x: Float64Array): number {
  let square = 0;
  for (const v of x) square += v * v;
  return square;
}

function traceOf(gram: Float64Array, dim: number): number {
  let trace = 0;
  for (let a = 0; a < dim; a++) trace += gram[a * dim + a]!;
  return trace;
}

/** Solves `A x = b` in place for a symmetric positive definite `A`. Only its lower triangle is read. */
function solveCholesky(a: Float64Array, b: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) b[i]! -= a[i * n + k]! * b[k]!;
    b[i]! /= a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) b[i]! -= a[k * n + i]! * b[k]!;
    b[i]! /= a[i * n + i]!;
  }
}
