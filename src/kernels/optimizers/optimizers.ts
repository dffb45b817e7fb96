import type { Floats, WasmMachine } from '../machine/machine.js';

const CHUNK = 16_384;
/** Rows per chunk, for kernels that work row by row. */
const rowsAtOnce = (dim: number): number => Math.max(1, Math.floor(CHUNK / dim));

export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Coupled weight decay: added to the gradient as l2 * parameter. */
  readonly l2: number;
  /** Index of this step, from 1. */
  readonly step: number;
}

export interface SgdStep {
  readonly learningRate: number;
  readonly momentum: number;
  readonly l2: number;
  /** Index of this step, from 1. */
  readonly step: number;
}

export interface AdagradStep {
  readonly learningRate: number;
  readonly epsilon: number;
  readonly l2: number;
}

/** Distinct rows of a table, in kernel memory. */
export interface SomeRows {
  readonly rows: Int32Array;
  /** Values per row. */
  readonly dim: number;
}

/** One optimiser step over flat arrays of equal length; each clears `gradient` afterwards. Semantics of torch.optim, apart from parameters and moments below 1e-30, which become 0. */
export interface OptimizerKernels {
  adam(parameter: Floats, gradient: Floats, first: Floats, second: Floats, step: AdamStep): void;
  /**
   * The same for the rows of `dim` values with a non-zero gradient. Other rows do not change.
   * @param rows distinct rows that may have a gradient, in kernel memory; absent: all
   */
  lazyAdam(
    parameter: Floats,
    gradient: Floats,
    first: Floats,
    second: Floats,
    dim: number,
    step: AdamStep,
    rows?: Int32Array,
  ): void;
  /** `buffer` is the momentum buffer; not used if momentum is 0. @param only no other rows are read or changed */
  sgd(parameter: Floats, gradient: Floats, buffer: Floats, step: SgdStep, only?: SomeRows): void;
  /** @param only no other rows are read or changed */
  adagrad(parameter: Floats, gradient: Floats, squares: Floats, step: AdagradStep, only?: SomeRows): void;
  /** Scales every row of `dim` values whose Euclidean norm exceeds `length` to that norm. */
  clipRows(parameter: Floats, dim: number, length: number): void;
}

const adamNumbers = ({ learningRate, beta1, beta2, epsilon, l2, step }: AdamStep) => ({
  ...{ learningRate, beta1, beta2, epsilon, l2 },
  correct1: 1 - beta1 ** step,
  correct2: 1 - beta2 ** step,
});

export function optimizersWasm(m: WasmMachine): OptimizerKernels {
  return {
    adam(parameter, gradient, first, second, s) {
      m.run('adam', { parameter, gradient, first, second, ...adamNumbers(s) }, parameter.length, CHUNK);
    },
    lazyAdam(parameter, gradient, first, second, dim, s, rows) {
      const args = { parameter, gradient, first, second, dim, rows, ...adamNumbers(s) };
      m.run('lazyAdam', args, rows ? rows.length : parameter.length / dim, rowsAtOnce(dim));
    },
    sgd(parameter, gradient, buffer, { learningRate, momentum, l2, step }, only) {
      const args = { parameter, gradient, buffer, learningRate, momentum, l2, isFirst: step === 1 ? 1 : 0 };
      if (!only) return m.run('sgd', args, parameter.length, CHUNK);
      const { dim, rows } = only;
      m.run('sgdRows', { ...args, dim, rows }, rows.length, rowsAtOnce(dim));
    },
    adagrad(parameter, gradient, squares, { learningRate, epsilon, l2 }, only) {
      const args = { parameter, gradient, squares, learningRate, epsilon, l2 };
      if (!only) return m.run('adagrad', args, parameter.length, CHUNK);
      const { dim, rows } = only;
      m.run('adagradRows', { ...args, dim, rows }, rows.length, rowsAtOnce(dim));
    },
    clipRows(parameter, dim, length) {
      m.run('clipRows', { parameter, dim, length }, parameter.length / dim, rowsAtOnce(dim));
    },
  };
}
