/** Training steps of NeuMF: the BCE loss of labelled points, or any loss on the scores of pairs. */
import type { Floats, Kernels } from '../kernels/index.js';
import { bce } from '../losses/bce.js';
import type { Pairs, Parameter, ScoreLoss } from './_model.js';
import type { NeumfNetwork } from './neumf-network.js';
import { createScratch } from './scratch.js';

/** Points in groups of equal size. The points of a group are adjacent and belong to one user. In kernel memory. */
export interface LabelledPoints {
  /** The user of each group. */
  readonly users: Int32Array;
  /** The item of each point. Their number is a multiple of the number of groups. */
  readonly items: Int32Array;
  /** 0 or 1 for each point. */
  readonly labels: Floats;
}

export interface NeumfStep {
  /** Adds the gradient of the loss, summed over the points and including the weight decay of the layers. Returns the loss. */
  accumulate(points: LabelledPoints): number;
  /** Adds the gradient of a loss on the scores of pairs. Returns the loss. */
  learnPairs(pairs: Pairs, loss: ScoreLoss): number;
  /** Writes the scores of pairs to `out`. */
  scorePairs(pairs: Pairs, out: Floats): void;
  close(): void;
}

export interface NeumfStepOptions {
  readonly dim: number;
  /** Weight decay of the layers: the loss of a batch includes layerL2 / 2 times their sum of squares. */
  readonly layerL2: number;
}

/** Buffers grow with the number of points. */
export function neumfStep(k: Kernels, network: NeumfNetwork, { dim, layerL2 }: NeumfStepOptions): NeumfStep {
  const { users, items, values, gradient, layers } = network;
  const wide = 2 * dim;
  const scratch = createScratch(k);
  const places = createPlaces(k);
  /** Points in groups of equal size: the item of each point, the user of each group. */
  const learn = (points: Pairs, loss: ScoreLoss): number => {
    const [n, m] = [points.users.length, points.items.length];
    const [userRows, itemRows] = [scratch.floats('users', n * wide), scratch.floats('items', m * wide)];
    const { each, ones } = places.upTo(m);
    k.gather(users.values, points.users, wide, userRows, n);
    const rows = { groups: n, userRows, items: points.items, itemRows };
    const value = k.neumfStep(dim, items.values, values, rows, loss, gradient);
    k.accumulate(users.gradient, points.users, userRows, each, ones, wide, n);
    k.accumulate(items.gradient, points.items, itemRows, each, ones, wide, m);
    users.touched?.mark(points.users);
    items.touched?.mark(points.items);
    return value;
  };
  return {
    accumulate({ labels, ...points }) {
      const value = learn(points, (logits, scoreGradients) => bce(logits, labels, scoreGradients, points.items.length));
      return value + decayed(layers, layerL2);
    },
    learnPairs: learn,
    scorePairs(pairs, out) {
      const n = pairs.users.length;
      const userRows = scratch.floats('users', n * wide);
      k.gather(users.values, pairs.users, wide, userRows, n);
      k.neumfLogits(dim, items.values, values, { groups: n, userRows, items: pairs.items }, out);
    },
    close() {
      scratch.close();
      places.close();
    },
  };
}

/** The indices 0, 1, ... and as many ones, to sum rows in their order. */
function createPlaces(k: Kernels) {
  let [each, ones] = [k.ints(0), k.floats(0)];
  const free = () => k.free(each, ones);
  return {
    upTo(n: number): { readonly each: Int32Array; readonly ones: Floats } {
      if (each.length < n) {
        free();
        [each, ones] = [k.ints(n), k.floats(n).fill(1)];
        for (let p = 0; p < n; p++) each[p] = p;
      }
      return { each, ones };
    },
    close: free,
  };
}

/** Adds the gradient of factor / 2 times the sum of squares. Returns that value. */
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
