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

/** Rows of a table, each named once, in kernel memory. */
export interface SomeRows {
  readonly rows: Int32Array;
  /** Numbers of a row. */
  readonly dim: number;
}

/** One optimiser step over flat arrays of equal length; each clears `gradient` afterwards. Semantics of torch.optim. */
export interface OptimizerKernels {
  adam(parameter: Floats, gradient: Floats, first: Floats, second: Floats, step: AdamStep): void;
  /**
   * The same for the rows of `dim` numbers whose gradient is not all zero; nothing of the other rows changes.
   * @param rows those that may have a gradient, each once, in kernel memory; absent: any
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
  /** `buffer` is the momentum buffer; it is not touched when momentum is 0. @param only nothing else is read or changed */
  sgd(parameter: Floats, gradient: Floats, buffer: Floats, step: SgdStep, only?: SomeRows): void;
  /** @param only nothing else is read or changed */
  adagrad(parameter: Floats, gradient: Floats, squares: Floats, step: AdagradStep, only?: SomeRows): void;
  /** Shortens every row of `dim` numbers that is longer than `length` (Euclidean) to that length. */
  clipRows(parameter: Floats, dim: number, length: number): void;
}

export function optimizersReference(_: Machine): OptimizerKernels {
  return {
    adam: adamReference,
    lazyAdam(parameter, gradient, first, second, dim, s, rows) {
      eachRow([parameter, gradient, first, second], rows && { rows, dim }, dim, (p, g, m, v) => {
        if (g.some((x) => x !== 0)) adamReference(p, g, m, v, s);
      });
    },
    sgd: (...[p, g, b, s, only]) => eachRow([p, g, b], only, p.length, (...row) => sgdReference(...row, s)),
    adagrad: (...[p, g, q, s, only]) => eachRow([p, g, q], only, p.length, (...row) => adagradReference(...row, s)),
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

type Tables<Of extends readonly Floats[]> = { [At in keyof Of]: Floats };

/** Calls `update` with each of the rows in all tables, or with all rows of `dim` numbers in turn. */
function eachRow<Of extends readonly Floats[]>(
  tables: readonly [...Of],
  only: SomeRows | undefined,
  dim: number,
  update: (...row: Tables<Of>) => void,
): void {
  const rowAt = (start: number, width: number) =>
    update(...(tables.map((t) => t.subarray(start, start + width)) as Tables<Of>));
  if (only) for (const row of only.rows) rowAt(row * only.dim, only.dim);
  else for (let start = 0; start < tables[0]!.length; start += dim) rowAt(start, dim);
}

function sgdReference(parameter: Floats, gradient: Floats, buffer: Floats, s: SgdStep): void {
  for (let k = 0; k < parameter.length; k++) {
    let g = gradient[k]! + s.l2 * parameter[k]!;
    if (s.momentum !== 0) {
      if (s.step > 1) g += s.momentum * buffer[k]!;
      buffer[k] = g;
    }
    parameter[k]! -= s.learningRate * g;
  }
  gradient.fill(0);
}

function adagradReference(parameter: Floats, gradient: Floats, squares: Floats, s: AdagradStep): void {
  for (let k = 0; k < parameter.length; k++) {
    const g = gradient[k]! + s.l2 * parameter[k]!;
    squares[k]! += g * g;
    parameter[k]! -= (s.learningRate * g) / (Math.sqrt(squares[k]!) + s.epsilon);
  }
  gradient.fill(0);
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
  const runOn = (name: 'sgd' | 'adagrad', args: readonly number[], length: number, only: SomeRows | undefined) => {
    if (!only) m.run(name, args, length, CHUNK);
    else m.run(`${name}Rows`, [...args, only.dim, m.address(only.rows)], only.rows.length, rowsAtOnce(only.dim));
  };
  return {
    adam(parameter, gradient, first, second, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(first), m.address(second)];
      m.run('adam', [...tables, ...adamNumbers(s)], parameter.length, CHUNK);
    },
    lazyAdam(parameter, gradient, first, second, dim, s, rows) {
      const tables = [m.address(parameter), m.address(gradient), m.address(first), m.address(second)];
      const all = parameter.length / dim;
      const args = [...tables, dim, rows ? m.address(rows) : 0, ...adamNumbers(s)];
      m.run('lazyAdam', args, rows ? rows.length : all, rowsAtOnce(dim));
    },
    sgd(parameter, gradient, buffer, s, only) {
      const tables = [m.address(parameter), m.address(gradient), m.address(buffer)];
      const numbers = [s.learningRate, s.momentum, s.l2, s.step === 1 ? 1 : 0];
      runOn('sgd', [...tables, ...numbers], parameter.length, only);
    },
    adagrad(parameter, gradient, squares, s, only) {
      const tables = [m.address(parameter), m.address(gradient), m.address(squares)];
      runOn('adagrad', [...tables, s.learningRate, s.epsilon, s.l2], parameter.length, only);
    },
    clipRows(parameter, dim, length) {
      m.run('clipRows', [m.address(parameter), dim, length], parameter.length / dim, rowsAtOnce(dim));
    },
  };
}
