/** The contract of an optimiser: it knows only parameters and their gradients. One file and one line in `index.ts` add one. */
import type { Floats, Kernels, SomeRows } from '../kernels/index.js';
import type { Unit } from '../options/registry.js';
import type { TouchedRows } from './touched-rows.js';

/** Parameters that an optimiser updates: those of a model, or additional ones of a method. */
export interface Optimized {
  readonly name: string;
  /** The first dimension is the number of rows. */
  readonly shape: readonly number[];
  readonly values: Floats;
  /** Same length as `values`. The optimiser reads it and sets it to 0. */
  readonly gradient: Floats;
  /** Rows with a gradient in this step, marked by the code that adds to the gradient. Absent: any row may have one. */
  readonly touched?: TouchedRows;
}

/** The rows that may have a gradient in this step, if known. Clears the marks. */
export function someRows({ values, shape, touched }: Optimized): SomeRows | undefined {
  const rows = touched?.take();
  return rows && { rows, dim: values.length / shape[0]! };
}

export interface OptimizerOptions {
  readonly learningRate: number;
  /** Coupled weight decay: added to the gradient as l2 * parameter. */
  readonly l2: number;
  /** For Adam. Defaults: 0.9 and 0.999. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Default: 1e-8 for Adam, 1e-10 for Adagrad. */
  readonly epsilon?: number;
  /** For SGD. Default: 0. */
  readonly momentum?: number;
}

export interface Optimizer {
  /** Updates every parameter by its gradient and sets the gradient to 0. */
  step(): void;
  /** Number of steps so far. */
  steps: number;
  /** State to save, in addition to `steps`, for an exact resume. Named `<parameter>.<slot>`. */
  readonly state: readonly { readonly name: string; readonly values: Floats }[];
  close(): void;
}

export interface OptimizerSpec extends Unit {
  readonly unit: 'optimizer';
  /** A few words for lists and help. */
  readonly summary: string;
  create(kernels: Kernels, parameters: readonly Optimized[], options: OptimizerOptions): Optimizer;
}

/** Declares an optimiser. */
export const optimizer = (spec: Omit<OptimizerSpec, 'unit'>): OptimizerSpec => ({ ...spec, unit: 'optimizer' });

/** An optimiser that keeps `slots` for each parameter value, such as moments, and updates all values the same way. */
export function withSlots(
  k: Kernels,
  parameters: readonly Optimized[],
  slots: readonly string[],
  update: (p: Optimized, slot: readonly Floats[], step: number) => void,
): Optimizer {
  const tables = parameters.map((p) => slots.map(() => k.floats(p.values.length)));
  let steps = 0;
  return {
    step() {
      steps += 1;
      parameters.forEach((p, at) => {
        update(p, tables[at]!, steps);
      });
    },
    get steps() {
      return steps;
    },
    set steps(n) {
      steps = n;
    },
    state: parameters.flatMap((p, at) =>
      slots.map((slot, s) => ({ name: `${p.name}.${slot}`, values: tables[at]![s]! })),
    ),
    close: () => k.free(...tables.flat()),
  };
}
