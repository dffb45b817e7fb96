/**
 * The topology of a set of users and items: the cosines between their embeddings. With unit rows s of the student and t of the teacher
 *     entities    sum over ordered pairs (i, j) of one group of (s_i s_j - t_i t_j)^2
 *     groups      the same between all rows and the means of the groups, or between these means
 */
import type { Floats, Kernels } from '../../kernels/index.js';
import { createScratch } from '../../models/scratch.js';

export interface TopologyOptions {
  /** `full`: all rows are one group, and the second part is 0. Otherwise what the second part is between. */
  readonly topology: 'full' | 'group-entity' | 'group-group';
  /** Means of the student's groups get no gradient. */
  readonly constantPrototypes: boolean;
  /** Entity pairs whose cosine is not positive for the teacher are left out. */
  readonly positiveOnly: boolean;
}

export interface TopologyLoss {
  readonly entities: number;
  readonly groups: number;
}

export interface Topology {
  /**
   * Returns the loss, and replaces the rows of `student` by `scale` times its gradient. A row of norm below 1e-12 has cosine 0 and no gradient.
   * @param student `rows` rows, ordered by group, in kernel memory as `teacher`
   * @param teacher the same rows of the teacher; overwritten
   * @param groups of the rows, equal ones side by side. Not used by `full`
   */
  step(student: Floats, teacher: Floats, groups: ArrayLike<number>, rows: number, scale: number): TopologyLoss;
  close(): void;
}

const FLOOR = 1e-12;
/** Rows whose cosines with their group are in memory at a time. */
const ROWS = 256;

/** @param dims of the student and of the teacher */
export function createTopology(
  k: Kernels,
  { student: ds, teacher: dt }: { readonly student: number; readonly teacher: number },
  { topology, constantPrototypes, positiveOnly }: TopologyOptions,
): Topology {
  const scratch = createScratch(k);
  /** Adds to `v`, the gradient of unit rows, that of the pairs of `m` rows. Every pair is looked at. */
  const eachPair = (s: Floats, t: Floats, v: Floats, m: number): number => {
    let loss = 0;
    for (let start = 0; start < m; start += ROWS) {
      const rows = Math.min(ROWS, m - start);
      const difference = scratch.floats('difference', rows * m);
      const [own, target] = [s.subarray(start * ds), t.subarray(start * dt)];
      k.gemm(own, s, difference, rows, m, ds, 'nt');
      if (positiveOnly) {
        const cosines = scratch.floats('cosines', rows * m);
        k.gemm(target, t, cosines, rows, m, dt, 'nt');
        for (let at = 0; at < cosines.length; at++)
          difference[at] = cosines[at]! > 0 ? difference[at]! - cosines[at]! : 0;
      } else k.gemm(target, t, difference, rows, m, dt, 'nt', { alpha: -1, accumulate: true });
      loss += squares(difference);
      k.gemm(difference, s, v.subarray(start * ds), rows, ds, m, 'nn', { alpha: 4, accumulate: true });
    }
    return loss;
  };
  /** The same without pairs: |S S' - T T'|^2 = |S' S|^2 - 2 |S' T|^2 + |T' T|^2, by far less work for many rows of few dimensions. */
  const byProducts = (s: Floats, t: Floats, v: Floats, m: number): number => {
    const own = scratch.floats('own', ds * ds);
    const cross = scratch.floats('cross', ds * dt);
    k.gemm(s, s, own, ds, ds, m, 'tn');
    k.gemm(s, t, cross, ds, dt, m, 'tn');
    k.gemm(s, own, v, m, ds, ds, 'nn', { alpha: 4, accumulate: true });
    k.gemm(t, cross, v, m, ds, dt, 'nt', { alpha: -4, accumulate: true });
    const side = Math.min(m, dt);
    const target = scratch.floats('target', side * side);
    // A part of the loss without a gradient, and most of the work. It is symmetric.
    if (m > dt) k.gemm(t, t, target, dt, dt, m, 'tn', { lower: true });
    else k.gemm(t, t, target, m, m, dt, 'nt', { lower: true });
    return squares(own) - 2 * squares(cross) + symmetricSquares(target, side);
  };
  const pairs = (s: Floats, t: Floats, v: Floats, m: number): number => {
    const products = ds * (2 * ds + 2 * dt) + dt * Math.min(m, dt);
    return positiveOnly || m * (2 * ds + dt) < products ? eachPair(s, t, v, m) : byProducts(s, t, v, m);
  };
  /** The means of the groups, as unit rows with their norms. @param weights 1 / size of the group, for each row */
  const prototypes = (x: Floats, dim: number, name: string, places: Int32Array, weights: Floats, count: number) => {
    const means = scratch.floats(name, count * dim).fill(0);
    k.accumulate(means, places, x, indices(places.length), weights, dim, places.length);
    return { means, norms: toUnit(means, count, dim) };
  };
  let [numbers, placesOf] = [k.ints(0), k.ints(0)];
  const indices = (n: number): Int32Array => {
    if (numbers.length < n) {
      k.free(numbers, placesOf);
      [numbers, placesOf] = [k.ints(n), k.ints(n)];
      for (let at = 0; at < n; at++) numbers[at] = at;
    }
    return numbers;
  };
  /** The part of the loss with means of groups. Adds to `v`, and returns the gradient of the means. */
  const withGroups = (
    s: Floats,
    t: Floats,
    v: Floats,
    rows: number,
    count: number,
    [ofS, ofT]: readonly [Prototypes, Prototypes],
  ): { loss: number; gradient: Floats } => {
    const gradient = scratch.floats('gradient of means', count * ds);
    const isPair = topology === 'group-group';
    const [x, y, n] = isPair ? [ofS.means, ofT.means, count] : [s, t, rows];
    const difference = scratch.floats('difference', n * count);
    k.gemm(x, ofS.means, difference, n, count, ds, 'nt');
    k.gemm(y, ofT.means, difference, n, count, dt, 'nt', { alpha: -1, accumulate: true });
    if (isPair) k.gemm(difference, ofS.means, gradient, count, ds, count, 'nn', { alpha: 4 });
    else {
      k.gemm(difference, ofS.means, v, rows, ds, count, 'nn', { alpha: 2, accumulate: true });
      k.gemm(difference, s, gradient, count, ds, rows, 'tn', { alpha: 2 });
    }
    throughNorms(ofS.means, gradient, ofS.norms, ds);
    return { loss: squares(difference), gradient };
  };
  return {
    step(s, t, groups, rows, scale) {
      const v = scratch.floats('gradient of unit rows', rows * ds).fill(0);
      const starts = topology === 'full' ? [0, rows] : startsOf(groups, rows);
      const count = starts.length - 1;
      let means: readonly [Prototypes, Prototypes] | undefined;
      indices(rows);
      const places = placesOf.subarray(0, rows);
      for (let g = 0; g < count; g++) places.fill(g, starts[g]!, starts[g + 1]!);
      const weights = scratch.floats('weights', rows);
      for (let r = 0; r < rows; r++) weights[r] = 1 / (starts[places[r]! + 1]! - starts[places[r]!]!);
      if (topology !== 'full')
        means = [
          prototypes(s, ds, 'means', places, weights, count),
          prototypes(t, dt, 'targets', places, weights, count),
        ];
      const norms = toUnit(s, rows, ds);
      toUnit(t, rows, dt);
      let entities = 0;
      for (let g = 0; g < count; g++) {
        const [from, to] = [starts[g]!, starts[g + 1]!];
        const part = (x: Floats, dim: number) => x.subarray(from * dim, to * dim);
        entities += pairs(part(s, ds), part(t, dt), part(v, ds), to - from);
      }
      const grouped = means && withGroups(s, t, v, rows, count, means);
      throughNorms(s, v, norms, ds);
      if (grouped && !constantPrototypes) k.accumulate(v, indices(rows), grouped.gradient, places, weights, ds, rows);
      for (let at = 0; at < rows * ds; at++) s[at] = scale * v[at]!;
      return { entities, groups: grouped?.loss ?? 0 };
    },
    close() {
      scratch.close();
      k.free(numbers, placesOf);
    },
  };
}

interface Prototypes {
  readonly means: Floats;
  readonly norms: Float64Array;
}

/** Starts of the runs of equal groups, and the end of the last one. */
function startsOf(groups: ArrayLike<number>, rows: number): number[] {
  const starts: number[] = [];
  for (let r = 0; r < rows; r++) if (r === 0 || groups[r] !== groups[r - 1]) starts.push(r);
  return [...starts, rows];
}

function squares(values: Floats): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]! * values[at]!;
  return sum;
}

/** The sum of squares of a symmetric matrix, of which only the part up to the diagonal is read. */
function symmetricSquares(values: Floats, side: number): number {
  let [below, diagonal] = [0, 0];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < i; j++) below += values[i * side + j]! ** 2;
    diagonal += values[i * side + i]! ** 2;
  }
  return 2 * below + diagonal;
}

/** Divides each row by its norm, and returns the norms. */
function toUnit(x: Floats, rows: number, dim: number): Float64Array {
  const norms = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let at = r * dim; at < (r + 1) * dim; at++) sum += x[at]! * x[at]!;
    norms[r] = Math.sqrt(sum);
    const factor = 1 / Math.max(FLOOR, norms[r]!);
    for (let at = r * dim; at < (r + 1) * dim; at++) x[at]! *= factor;
  }
  return norms;
}

/** Replaces the gradients of unit rows by those of the rows before they were divided by their norms. */
function throughNorms(unit: Floats, gradient: Floats, norms: Float64Array, dim: number): void {
  norms.forEach((norm, r) => {
    const [from, to] = [r * dim, (r + 1) * dim];
    if (norm < FLOOR) {
      gradient.fill(0, from, to);
      return;
    }
    let along = 0;
    for (let at = from; at < to; at++) along += gradient[at]! * unit[at]!;
    for (let at = from; at < to; at++) gradient[at] = (gradient[at]! - along * unit[at]!) / norm;
  });
}
