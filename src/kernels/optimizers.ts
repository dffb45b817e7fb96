import type { Floats, Machine, WasmMachine } from './_machine.js';

const CHUNK = 16_384;
/** Rows of a chunk, for kernels that work row by row. */
const rowsAtOnce = (dim: number): number => Math.max(1, Math.floor(CHUNK / dim));

export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Coupled weight decay: added to the gradient as l2 * parameter. */
  readonly l2: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

export interface SgdStep {
  readonly learningRate: number;
  readonly momentum: number;
  readonly l2: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

export interface AdagradStep {
  readonly learningRate: number;
  readonly epsilon: number;
  readonly l2: number;
}

/** One optimiser step over flat arrays of equal length; each clears `gradient` afterwards. Semantics of torch.optim. */
export interface OptimizerKernels {
  adam(parameter: Floats, gradient: Floats, first: Floats, second: Floats, step: AdamStep): void;
  /** The same for the rows of `dim` numbers whose gradient is not all zero; nothing of the other rows changes. */
  lazyAdam(parameter: Floats, gradient: Floats, first: Floats, second: Floats, dim: number, step: AdamStep): void;
  /** `buffer` is the momentum buffer; it is not touched when momentum is 0. */
  sgd(parameter: Floats, gradient: Floats, buffer: Floats, step: SgdStep): void;
  adagrad(parameter: Floats, gradient: Floats, squares: Floats, step: AdagradStep): void;
  /** Shortens every row of `dim` numbers that is longer than `length` (Euclidean) to that length. */
  clipRows(parameter: Floats, dim: number, length: number): void;
}

export function optimizersReference(_: Machine): OptimizerKernels {
  return {
    adam: adamReference,
    lazyAdam(parameter, gradient, first, second, dim, s) {
      for (let start = 0; start < parameter.length; start += dim) {
        const row = (table: Floats) => table.subarray(start, start + dim);
        if (row(gradient).every((g) => g === 0)) continue;
        adamReference(row(parameter), row(gradient), row(first), row(second), s);
      }
    },
    sgd(parameter, gradient, buffer, s) {
      for (let k = 0; k < parameter.length; k++) {
        let g = gradient[k]! + s.l2 * parameter[k]!;
        if (s.momentum !== 0) {
          if (s.step > 1) g += s.momentum * buffer[k]!;
          buffer[k] = g;
        }
        parameter[k]! -= s.learningRate * g;
      }
      gradient.fill(0);
    },
    adagrad(parameter, gradient, squares, s) {
      for (let k = 0; k < parameter.length; k++) {
        const g = gradient[k]! + s.l2 * parameter[k]!;
        squares[k]! += g * g;
        parameter[k]! -= (s.learningRate * g) / (Math.sqrt(squares[k]!) + s.epsilon);
      }
      gradient.fill(0);
    },
    clipRows(parameter, dim, length) {
      for (let start = 0; start < parameter.length; start += dim) {
        const row = parameter.subarray(start, start + dim);
        let squares = 0;
        for (const x of row) squares += x * x;
        const own = Math.sqrt(squares);
        if (own > length) for (let d = 0; d < dim; d++) row[d]! *= length / own;
      }
    },
  };
}

function adamReference(parameter: Floats, gradient: Floats, first: Floats, second: Floats, s: AdamStep): void {
  const correct1 = 1 - s.beta1 ** s.step;
  const correct2 = 1 - s.beta2 ** s.step;
  for (let k = 0; k < parameter.length; k++) {
    const g = gradient[k]! + s.l2 * parameter[k]!;
    const m = s.beta1 * first[k]! + (1 - s.beta1) * g;
    const v = s.beta2 * second[k]! + (1 - s.beta2) * g * g;
    first[k] = m;
    second[k] = v;
    parameter[k]! -= (s.learningRate * (m / correct1)) / (Math.sqrt(v / correct2) + s.epsilon);
  }
  gradient.fill(0);
}

const adamNumbers = (s: AdamStep): number[] => [
  s.learningRate,
  s.beta1,
  s.beta2,
  s.epsilon,
  s.l2,
  1 - s.beta1 ** s.step,
  1 - s.beta2 ** s.step,
];

export function optimizersWasm(m: WasmMachine): OptimizerKernels {
  return {
    adam(parameter, gradient, first, second, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(first), m.address(second)];
      m.run('adam', [...tables, ...adamNumbers(s)], parameter.length, CHUNK);
    },
    lazyAdam(parameter, gradient, first, second, dim, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(first), m.address(second)];
      m.run('lazyAdam', [...tables, dim, ...adamNumbers(s)], parameter.length / dim, rowsAtOnce(dim));
    },
    sgd(parameter, gradient, buffer, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(buffer)];
      m.run('sgd', [...tables, s.learningRate, s.momentum, s.l2, s.step === 1 ? 1 : 0], parameter.length, CHUNK);
    },
    adagrad(parameter, gradient, squares, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(squares)];
      m.run('adagrad', [...tables, s.learningRate, s.epsilon, s.l2], parameter.length, CHUNK);
    },
    clipRows(parameter, dim, length) {
      m.run('clipRows', [m.address(parameter), dim, length], parameter.length / dim, rowsAtOnce(dim));
    },
  };
}
