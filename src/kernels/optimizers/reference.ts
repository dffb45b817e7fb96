import type { Floats, Machine } from '../machine/machine.js';
import type { AdagradStep, AdamStep, OptimizerKernels, SgdStep, SomeRows } from './optimizers.js';

/** Smaller parameters and moments become 0. NaN is kept. */
const TINY = 1e-30;
const kept = (x: number): number => (Math.abs(x) < TINY ? 0 : x);

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

/** Calls `update` with each of the given rows in all tables, or with all rows of `dim` values in order. */
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
      g = kept(g);
      buffer[k] = g;
    }
    parameter[k] = kept(parameter[k]! - s.learningRate * g);
  }
  gradient.fill(0);
}

function adagradReference(parameter: Floats, gradient: Floats, squares: Floats, s: AdagradStep): void {
  for (let k = 0; k < parameter.length; k++) {
    const g = gradient[k]! + s.l2 * parameter[k]!;
    squares[k]! += g * g;
    parameter[k] = kept(parameter[k]! - (s.learningRate * g) / (Math.sqrt(squares[k]!) + s.epsilon));
  }
  gradient.fill(0);
}

function adamReference(parameter: Floats, gradient: Floats, first: Floats, second: Floats, s: AdamStep): void {
  const correct1 = 1 - s.beta1 ** s.step;
  const correct2 = 1 - s.beta2 ** s.step;
  for (let k = 0; k < parameter.length; k++) {
    const g = gradient[k]! + s.l2 * parameter[k]!;
    const m = kept(s.beta1 * first[k]! + (1 - s.beta1) * g);
    const v = s.beta2 * second[k]! + (1 - s.beta2) * g * g;
    first[k] = m;
    second[k] = v;
    parameter[k] = kept(parameter[k]! - (s.learningRate * (m / correct1)) / (Math.sqrt(v / correct2) + s.epsilon));
  }
  gradient.fill(0);
}
