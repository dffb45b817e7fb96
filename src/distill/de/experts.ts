/**
 * The networks of DE: experts that reconstruct a teacher's embedding t from the student's embedding s, and a selection network on t.
 *     Expert_m(s) = W2_m relu(W1_m s + b1_m) + b2_m       hidden width floor((student + teacher) / 2)
 *     gates       = softmax((log(softmax(V t + c) + 1e-10) + noise) / temperature)       1 if there is one expert
 *     loss        = sum over rows of | t - sum_m gates_m Expert_m(s) |^2
 * All experts are computed as one wide layer: concatenated gated hidden layers times concatenated W2 is the gated sum.
 */

import type { Floats, Kernels } from '../../kernels/index.js';
import type { Optimized } from '../../optim/index.js';
import { parameterTables } from '../features/projection.js';

export interface ExpertSize {
  /** Dimension of the student's and of the teacher's embeddings. */
  readonly student: number;
  readonly teacher: number;
  readonly experts: number;
  /** Maximum number of rows per step. */
  readonly rows: number;
}

export interface Experts {
  /** `w1` [experts * hidden, student], `b1`, `w2` [teacher, experts * hidden], `b2` [experts, teacher], `v` [experts, teacher], `c` [experts]. */
  readonly parameters: readonly Optimized[];
  readonly hidden: number;
  /** The gated reconstruction from the rows of `student`. Valid until the next call. */
  forward(student: Floats, teacher: Floats, rows: number, choice: Choice): Made;
  /**
   * Adds `scale` times the gradient of the loss to the gradients of the parameters. Returns the loss without `scale`.
   * @param student `rows` rows; overwritten by `scale` times their gradient
   * @param teacher `rows` rows
   * @param choice what determines the gates
   */
  step(student: Floats, teacher: Floats, rows: number, choice: Choice, scale: number): number;
  /**
   * Back-propagates the gradient that the caller has written over `made` of the last `forward`, which had the same arguments. Adds the gradients
   * of the parameters, and replaces the rows of `student` by theirs.
   */
  backward(student: Floats, teacher: Floats, rows: number, choice: Choice): void;
  /** Output of the selection network without noise, softmax(V t + c): `rows * experts` values. Valid until the next call. */
  select(teacher: Floats, rows: number): Float64Array;
  close(): void;
}

/** Noise for the selection network (`rows * experts`), or fixed gates. */
export type Choice =
  | { readonly noise: ArrayLike<number>; readonly temperature: number }
  | { readonly gates: ArrayLike<number> };

export interface Made {
  /** `rows` embeddings of the teacher's dimension. */
  readonly made: Floats;
  /** Gates of the experts for each of `rows` rows, and the output of the selection network without noise (1 for fixed gates). */
  readonly gates: Float64Array;
  readonly selected: Float64Array;
}

/** Keeps the logarithm finite for an expert that is never selected. */
const EPSILON = 1e-10;

/**
 * Smaller gates and gradients of logits are 0 where they enter products in float32. Those have no effect, and processors take a hundred times as long
 * for values below 1e-38.
 */
const SMALLEST = 1e-20;

/** Written so that NaN is kept. */
const orZero = (x: number): number => (Math.abs(x) < SMALLEST ? 0 : x);

/** @param purpose names the parameters and the random streams of their initial values */
export function createExperts(k: Kernels, size: ExpertSize, seed: number, purpose: string): Experts {
  const { student: ds, teacher: dt, experts } = size;
  const hidden = Math.floor((ds + dt) / 2);
  const wide = experts * hidden;
  const table = parameterTables(k, seed, purpose);
  const w1 = table('w1', wide, ds, ds + hidden);
  const b1 = table('b1', 1, wide);
  const w2 = table('w2', dt, wide, hidden + dt);
  const b2 = table('b2', experts, dt);
  const v = table('v', experts, dt, dt + experts);
  const c = table('c', 1, experts);
  const parameters = [w1, b1, w2, b2, v, c];
  const floats = (columns: number) => k.floats(size.rows * columns);
  const [h, gated, dGated, rest] = [floats(wide), floats(wide), floats(wide), floats(dt)];
  const [gates, logits, dGates] = [floats(experts), floats(experts), floats(experts)];
  // At a low temperature the gradients of the gates are differences too small for float32.
  const [exact, selected] = [new Float64Array(size.rows * experts), new Float64Array(size.rows * experts)];

  const select = (teacher: Floats, rows: number) => {
    k.gemm(teacher, v.values, logits, rows, experts, dt, 'nt');
    k.addBias(logits, c.values, rows, experts);
    for (let r = 0; r < rows; r++) selected.set(softmax(logits.subarray(r * experts, (r + 1) * experts)), r * experts);
    return selected.subarray(0, rows * experts);
  };
  const gate = (rows: number, noise: ArrayLike<number>, temperature: number) => {
    for (let r = 0; r < rows; r++) {
      const [from, to] = [r * experts, (r + 1) * experts];
      const own = selected.subarray(from, to);
      exact.set(softmax(own.map((p, m) => (Math.log(p + EPSILON) + noise[from + m]!) / temperature)), from);
    }
  };
  const forward = (student: Floats, teacher: Floats, rows: number, choice: Choice): Made => {
    selected.fill(1);
    exact.fill(1);
    if ('gates' in choice) exact.set(choice.gates);
    else if (experts > 1) {
      select(teacher, rows);
      gate(rows, choice.noise, choice.temperature);
    }
    k.gemm(student, w1.values, h, rows, wide, ds, 'nt');
    k.addBias(h, b1.values, rows, wide);
    gates.set(exact.subarray(0, rows * experts).map(orZero));
    for (let r = 0, at = 0; r < rows; r++) {
      for (let m = 0; m < experts; m++) {
        const g = orZero(exact[r * experts + m]!);
        for (let j = 0; j < hidden; j++, at++) {
          // Written so that NaN is kept.
          if (h[at]! <= 0) h[at] = 0;
          gated[at] = g * h[at]!;
        }
      }
    }
    k.gemm(gated, w2.values, rest, rows, dt, wide, 'nt');
    k.gemm(gates, b2.values, rest, rows, dt, experts, 'nn', { accumulate: true });
    const n = rows * experts;
    return { made: rest.subarray(0, rows * dt), gates: exact.subarray(0, n), selected: selected.subarray(0, n) };
  };
  const teachExperts = (student: Floats, rows: number) => {
    const add = { accumulate: true };
    k.gemm(rest, gated, w2.gradient, dt, wide, rows, 'tn', add);
    k.gemm(gates, rest, b2.gradient, experts, dt, rows, 'tn', add);
    k.gemm(rest, w2.values, dGated, rows, wide, dt, 'nn');
    k.gemm(rest, b2.values, dGates, rows, experts, dt, 'nt');
    for (let r = 0, at = 0; r < rows; r++) {
      for (let m = 0; m < experts; m++) {
        const place = r * experts + m;
        const g = orZero(exact[place]!);
        let sum = 0;
        for (let j = 0; j < hidden; j++, at++) {
          sum += dGated[at]! * h[at]!;
          dGated[at] = h[at]! > 0 ? g * dGated[at]! : 0;
        }
        dGates[place]! += sum;
      }
    }
    k.gemm(dGated, student, w1.gradient, wide, ds, rows, 'tn', add);
    k.columnSums(dGated, b1.gradient, rows, wide);
    k.gemm(dGated, w1.values, student, rows, ds, wide, 'nn');
  };
  /** Back-propagates the gradient of the gates through both softmax functions to the selection network. */
  const teachSelection = (teacher: Floats, rows: number, temperature: number) => {
    for (let r = 0; r < rows; r++) {
      const [from, to] = [r * experts, (r + 1) * experts];
      const own = selected.subarray(from, to);
      const byLog = softmaxGradient(exact.subarray(from, to), dGates.subarray(from, to)).map((g) => g / temperature);
      logits.set(
        softmaxGradient(
          own,
          byLog.map((g, m) => g / (own[m]! + EPSILON)),
        ).map(orZero),
        from,
      );
    }
    k.gemm(logits, teacher, v.gradient, experts, dt, rows, 'tn', { accumulate: true });
    k.columnSums(logits, c.gradient, rows, experts);
  };
  const backward = (student: Floats, teacher: Floats, rows: number, choice: Choice) => {
    teachExperts(student, rows);
    if ('noise' in choice && experts > 1) teachSelection(teacher, rows, choice.temperature);
  };
  return {
    parameters,
    hidden,
    forward,
    backward,
    select,
    step(student, teacher, rows, choice, scale) {
      forward(student, teacher, rows, choice);
      let loss = 0;
      for (let at = 0; at < rows * dt; at++) {
        const error = rest[at]! - teacher[at]!;
        loss += error * error;
        rest[at] = 2 * scale * error;
      }
      backward(student, teacher, rows, choice);
      return loss;
    },
    close() {
      for (const p of parameters) k.free(p.values, p.gradient);
      k.free(h, gated, dGated, rest, gates, logits, dGates);
    },
  };
}

function softmax(logits: Floats): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (const x of logits) most = Math.max(most, x);
  const e = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((x) => x / sum);
}

/** Gradient before softmax from the gradient after it, with p = softmax(...). */
function softmaxGradient(p: Float64Array, gradient: Floats): Float64Array {
  let mean = 0;
  p.forEach((x, m) => {
    mean += x * gradient[m]!;
  });
  return p.map((x, m) => x * (gradient[m]! - mean));
}
