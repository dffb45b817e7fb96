/** An optimiser knows only parameters and their gradients. One file and one line in `index.ts` add one. */
import type { Floats, Kernels, SomeRows } from '../kernels/index.js';
import type { Unit } from '../options/registry.js';
import type { TouchedRows } from './touched-rows.js';

/** What an optimiser changes: parameters of a model, or extra ones of a method. */
export interface Optimized {
  readonly name: string;
  /** The first number counts the rows. */
  readonly shape: readonly number[];
  readonly values: Floats;
  /** Same length as `values`; the optimiser reads and clears it. */
  readonly gradient: Floats;
  /** Whoever adds to the gradient marks the rows here; absent: they may be any in every step. */
  readonly touched?: TouchedRows;
}

/** The rows that a step may have given a gradient, if that is known. Takes the marks away. */
export function someRows({ values, shape, touched }: Optimized): SomeRows | undefined {
  const rows = touched?.take();
  return rows && { rows, dim: values.length / shape[0]! };
}

export interface OptimizerOptions {
  readonly learningRate: number;
  /** Coupled weight decay: added to the gradient as l2 * parameter. */
  readonly l2: number;
  /** Of Adam; default 0.9 and 0.999. */
  readonly beta1?: number;
  readonly beta2?: number;
  /** Of Adam, default 1e-8, and of Adagrad, default 1e-10. */
  readonly epsilon?: number;
  /** Of plain gradient descent; default 0. */
  readonly momentum?: number;
}

export interface Optimizer {
  /** Moves every parameter by its gradient and clears the gradient. */
  step(): void;
  /** Steps taken so far. */
  steps: number;
  /** What must be kept, besides `steps`, to continue where it stopped. Named `<parameter>.<what>`. */
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

/** An optimiser that keeps `slots` numbers beside each parameter and does the same to every parameter. */
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
