import type { Floats, Machine, WasmMachine } from './_machine.js';

const CHUNK = 16_384;

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
  /** `buffer` is the momentum buffer; it is not touched when momentum is 0. */
  sgd(parameter: Floats, gradient: Floats, buffer: Floats, step: SgdStep): void;
  adagrad(parameter: Floats, gradient: Floats, squares: Floats, step: AdagradStep): void;
}

export function optimizersReference(_: Machine): OptimizerKernels {
  return {
    adam(parameter, gradient, first, second, s) {
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
  };
}

export function optimizersWasm(m: WasmMachine): OptimizerKernels {
  return {
    adam(parameter, gradient, first, second, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(first), m.address(second)];
      const numbers = [s.learningRate, s.beta1, s.beta2, s.epsilon, s.l2, 1 - s.beta1 ** s.step, 1 - s.beta2 ** s.step];
      m.run('adam', [...tables, ...numbers], parameter.length, CHUNK);
    },
    sgd(parameter, gradient, buffer, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(buffer)];
      m.run('sgd', [...tables, s.learningRate, s.momentum, s.l2, s.step === 1 ? 1 : 0], parameter.length, CHUNK);
    },
    adagrad(parameter, gradient, squares, s) {
      const tables = [m.address(parameter), m.address(gradient), m.address(squares)];
      m.run('adagrad', [...tables, s.learningRate, s.epsilon, s.l2], parameter.length, CHUNK);
    },
  };
}
