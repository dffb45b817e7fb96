/**
 * Maps from the student's embeddings to rows of the teacher's dimension. They are trained together with the student and discarded at the end.
 *     linear        f(s) = W s (+ b)
 *     perceptron    f(s) = W2 relu(W1 s + b1) + b2
 */
import type { Floats, Kernels } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import type { Batch } from '../../models/_model.js';
import { createScratch } from '../../models/scratch.js';
import type { Optimized } from '../../optim/index.js';
import { refuseIdle } from '../../options/idle.js';
import { flag, optionalInt } from '../../options/options.js';

export const projectionShape = {
  projectorHidden: optionalInt({
    min: 1,
    max: 10_000,
    help: 'Width of the hidden layer of the projectors. Default: none, the projectors are linear.',
  }),
  projectorBias: flag({
    default: false,
    help: 'Adds a trained constant to linear projectors. Those with a hidden layer have one.',
  }),
};

export interface ProjectionOptions {
  readonly projectorHidden?: number | undefined;
  readonly projectorBias: boolean;
}

/** @throws RecdistillError `bad-option` for a constant beside a hidden layer, which has one */
export function checkProjection(owner: string, o: ProjectionOptions): void {
  if (o.projectorHidden !== undefined)
    refuseIdle(owner, { ...o }, { projectorBias: false }, 'a hidden layer (projectorHidden)');
}

export interface Projection {
  readonly parameters: readonly Optimized[];
  /** Maximum number of rows at a time. */
  readonly rows: number;
  /** True if it is linear without a constant: it then commutes with every linear filter of rows. */
  readonly isLinear: boolean;
  /**
   * Projects `rows` rows of the student's dimension. Valid until the next call.
   * @param ids the users or items of the rows, in kernel memory, as all arrays
   */
  forward(from: Floats, ids: Int32Array, rows: number, batch: Batch): Floats;
  /**
   * Back-propagates the gradient that the caller has written over the result of the last `forward`. Adds the gradients of the parameters, and
   * replaces the rows of `from`, those of that call, by theirs.
   */
  backward(from: Floats, rows: number): void;
  close(): void;
}

/** Rows at a time: their projections of a large dimension take a few megabytes. */
const ROWS = 1024;

/**
 * @param dims of the student and of the teacher
 * @param purpose names the parameters and the random streams of their initial values
 */
export function createProjection(
  k: Kernels,
  dims: { readonly student: number; readonly teacher: number },
  { projectorHidden: hidden, projectorBias: bias }: ProjectionOptions,
  seed: number,
  purpose: string,
): Projection {
  const { student: ds, teacher: dt } = dims;
  const table = parameterTables(k, seed, purpose);
  const scratch = createScratch(k);
  const add = { accumulate: true };
  const free = (parameters: readonly Optimized[]) => {
    for (const p of parameters) k.free(p.values, p.gradient);
    scratch.close();
  };
  if (hidden === undefined) {
    const w = table('w', dt, ds, ds + dt);
    const b = bias ? table('b', 1, dt) : undefined;
    const parameters = [w, ...(b ? [b] : [])];
    let made: Floats;
    return {
      ...{ parameters, rows: ROWS, isLinear: !bias },
      forward(from, _ids, rows) {
        made = scratch.floats('made', rows * dt);
        k.gemm(from, w.values, made, rows, dt, ds, 'nt');
        if (b) k.addBias(made, b.values, rows, dt);
        return made;
      },
      backward(from, rows) {
        k.gemm(made, from, w.gradient, dt, ds, rows, 'tn', add);
        if (b) k.columnSums(made, b.gradient, rows, dt);
        k.gemm(made, w.values, from, rows, ds, dt, 'nn');
      },
      close: () => free(parameters),
    };
  }
  const w1 = table('w1', hidden, ds, ds + hidden);
  const b1 = table('b1', 1, hidden);
  const w2 = table('w2', dt, hidden, hidden + dt);
  const b2 = table('b2', 1, dt);
  const parameters = [w1, b1, w2, b2];
  let [made, h] = [w1.values, w1.values];
  return {
    ...{ parameters, rows: ROWS, isLinear: false },
    forward(from, _ids, rows) {
      made = scratch.floats('made', rows * dt);
      h = scratch.floats('hidden', rows * hidden);
      k.gemm(from, w1.values, h, rows, hidden, ds, 'nt');
      k.addBias(h, b1.values, rows, hidden);
      // Written so that NaN is kept.
      for (let at = 0; at < h.length; at++) if (h[at]! <= 0) h[at] = 0;
      k.gemm(h, w2.values, made, rows, dt, hidden, 'nt');
      k.addBias(made, b2.values, rows, dt);
      return made;
    },
    backward(from, rows) {
      const dh = scratch.floats('hidden gradient', rows * hidden);
      k.gemm(made, h, w2.gradient, dt, hidden, rows, 'tn', add);
      k.columnSums(made, b2.gradient, rows, dt);
      k.gemm(made, w2.values, dh, rows, hidden, dt, 'nn');
      for (let at = 0; at < dh.length; at++) if (h[at]! <= 0) dh[at] = 0;
      k.gemm(dh, from, w1.gradient, hidden, ds, rows, 'tn', add);
      k.columnSums(dh, b1.gradient, rows, hidden);
      k.gemm(dh, w1.values, from, rows, ds, hidden, 'nn');
    },
    close: () => free(parameters),
  };
}

/** Makes tables of normal values with Glorot's standard deviation sqrt(2 / ends), or of zeros. @param purpose names them and their random streams */
export function parameterTables(k: Kernels, seed: number, purpose: string) {
  return (name: string, rows: number, columns: number, ends = 0): Optimized => {
    const values = k.floats(rows * columns);
    if (ends > 0) k.normal(values, stream(seed, `${purpose} ${name}`), 0, Math.sqrt(2 / ends));
    return { name: `${purpose}.${name}`, shape: [rows, columns], values, gradient: k.floats(rows * columns) };
  };
}
