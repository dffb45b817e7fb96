/** A training step of NeuMF: the BCE loss of a batch of points and its gradient. */
import type { Floats, Kernels } from '../kernels/index.js';
import { bce } from '../losses/bce.js';
import type { Parameter } from './_model.js';
import type { NeumfNetwork } from './neumf-network.js';

/** Points in groups of equal size, those of a group side by side and of one user. In kernel memory. */
export interface LabelledPoints {
  /** The user of each group. */
  readonly users: Int32Array;
  /** The item of each point; their number is a multiple of the number of groups. */
  readonly items: Int32Array;
  /** 0 or 1 for each point. */
  readonly labels: Floats;
}

export interface NeumfStep {
  /** Adds the gradient of the loss, summed over the points and with the decay of the layers, to those of the parameters; returns the loss. */
  accumulate(points: LabelledPoints): number;
  close(): void;
}

export interface NeumfStepOptions {
  readonly dim: number;
  /** The loss of a batch gets half of this times the sum of squares of the layers' weights and biases. */
  readonly layerL2: number;
}

/** @param groups most groups in a batch, and `points` most points, for which there are buffers */
export function neumfStep(
  k: Kernels,
  network: NeumfNetwork,
  { dim, layerL2 }: NeumfStepOptions,
  groups: number,
  points: number,
): NeumfStep {
  const { users, items, values, gradient, layers } = network;
  const wide = 2 * dim;
  const [userRows, itemRows] = [k.floats(groups * wide), k.floats(points * wide)];
  const ones = k.floats(points).fill(1);
  const each = k.ints(points);
  for (let p = 0; p < points; p++) each[p] = p;
  return {
    accumulate(batch) {
      const [n, m] = [batch.users.length, batch.items.length];
      k.gather(users.values, batch.users, wide, userRows, n);
      const rows = { groups: n, userRows, items: batch.items, itemRows };
      const loss = (logits: Floats, slopes: Floats) => bce(logits, batch.labels, slopes, m);
      const value = k.neumfStep(dim, items.values, values, rows, loss, gradient);
      k.accumulate(users.gradient, batch.users, userRows, each, ones, wide, n);
      k.accumulate(items.gradient, batch.items, itemRows, each, ones, wide, m);
      return value + decayed(layers, layerL2);
    },
    close: () => k.free(userRows, itemRows, ones, each),
  };
}

/** Adds the gradient of factor / 2 times the sum of squares; returns that. */
function decayed(parameters: readonly Parameter[], factor: number): number {
  if (factor === 0) return 0;
  let squares = 0;
  for (const { values, gradient } of parameters) {
    for (let at = 0; at < values.length; at++) {
      squares += values[at]! * values[at]!;
      gradient[at]! += factor * values[at]!;
    }
  }
  return (factor / 2) * squares;
}
