import type { Floats, Machine, WasmMachine } from '../machine/machine.js';

/** y = W x + bias. W is stored row by row, one row per output (`bias.length` rows). */
export interface DenseLayer {
  readonly weights: Floats;
  readonly bias: Floats;
}

/** The parts of a dense layer around its matrix product (gemm). */
export interface DenseKernels {
  /** x[r][c] += bias[c]; x has `rows * columns` values, row by row. */
  addBias(x: Floats, bias: Floats, rows: number, columns: number): void;
  /** out[c] += sum of column c of x, from the first row to the last. */
  columnSums(x: Floats, out: Floats, rows: number, columns: number): void;
  /** Replaces the first `n` values of x by their hyperbolic tangent. In float32 the relative error is below 5e-7. */
  tanh(x: Floats, n: number): void;
  /** dy[k] *= 1 - y[k]^2 for k in `[0, n)`: the gradient before tanh from the gradient after it, with y = tanh(...). */
  tanhBackward(y: Floats, dy: Floats, n: number): void;
  /** Replaces the first `n` values of x by 1 / (1 + e^-x). In float32 the relative error is below 5e-7 from -87 on; 0 below -87.3. */
  sigmoid(x: Floats, n: number): void;
  /** dy[k] *= y[k] (1 - y[k]) for k in `[0, n)`: the gradient before sigmoid from the gradient after it, with y = sigmoid(...). */
  sigmoidBackward(y: Floats, dy: Floats, n: number): void;
  /** out[c][r] = x[r][c]; x and out have `rows * columns` values, row by row, and must not overlap. */
  transpose(x: Floats, rows: number, columns: number, out: Floats): void;
}

export function denseReference(_: Machine): DenseKernels {
  return {
    addBias(x, bias, rows, columns) {
      for (let k = 0; k < rows * columns; k++) x[k]! += bias[k % columns]!;
    },
    columnSums(x, out, rows, columns) {
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += x[r * columns + c]!;
        out[c]! += sum;
      }
    },
    tanh(x, n) {
      for (let k = 0; k < n; k++) x[k] = Math.tanh(x[k]!);
    },
    tanhBackward(y, dy, n) {
      for (let k = 0; k < n; k++) dy[k]! *= 1 - y[k]! * y[k]!;
    },
    sigmoid(x, n) {
      for (let k = 0; k < n; k++) x[k] = 1 / (1 + Math.exp(-x[k]!));
    },
    sigmoidBackward(y, dy, n) {
      for (let k = 0; k < n; k++) dy[k]! *= y[k]! * (1 - y[k]!);
    },
    transpose(x, rows, columns, out) {
      for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = x[r * columns + c]!;
    },
  };
}

/** Values per chunk; a multiple of 16, so that only the last chunk has a tail. */
const CHUNK = 16_384;
/** Columns are summed by cache lines. Scheduling many chunks of a single line would cost more than computing them. */
const LINE = 16;

export function denseWasm(m: WasmMachine): DenseKernels {
  return {
    addBias(x, bias, rows, columns) {
      const chunk = Math.ceil(CHUNK / Math.max(1, columns));
      m.run('addBias', { x, bias, columns }, rows, chunk);
    },
    columnSums(x, out, rows, columns) {
      const chunk = LINE * Math.ceil(CHUNK / (LINE * Math.max(1, rows)));
      m.run('columnSums', { x, out, rows, columns }, columns, chunk);
    },
    tanh(x, n) {
      m.run('tanh', { x }, n, CHUNK);
    },
    tanhBackward(y, dy, n) {
      m.run('tanhBackward', { y, dy }, n, CHUNK);
    },
    sigmoid(x, n) {
      m.run('sigmoid', { x }, n, CHUNK);
    },
    sigmoidBackward(y, dy, n) {
      m.run('sigmoidBackward', { y, dy }, n, CHUNK);
    },
    transpose(x, rows, columns, out) {
      m.run('transpose', { x, rows, columns, out }, rows, LINE);
    },
  };
}
