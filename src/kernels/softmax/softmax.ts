import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { writeRecords } from '../machine/records.js';
import type { Rows } from '../rows.js';
import { tilingOf } from '../strips/strips.js';
import { softmaxListLoss } from './loss.js';

/** One training step of a softmax over all items, for a model with inner products. */
export interface SoftmaxStep {
  /** The distinct users of the batch. */
  readonly users: Int32Array;
  /** User vectors (`own.rows * dim` values); the item vectors have `nItems * dim` values. */
  readonly userVectors: Floats;
  readonly itemVectors: Floats;
  /** At least 1. */
  readonly dim: number;
  /** At least 1. All item ids below are in `[0, nItems)`. */
  readonly nItems: number;
  /** The own items of each user of the data: ascending. */
  readonly own: Rows;
  /** Items that the student should rank first, of each user of the data, with weights. None of them may be an own item. */
  readonly listed: Rows & { readonly weights: Floats };
  /** Above 0. */
  readonly temperature: number;
  /** At least 0. */
  readonly ownWeight: number;
  /** Factor of the gradients. */
  readonly scale: number;
  /** Like `userVectors` and `itemVectors`. The step adds `scale` * gradient. */
  readonly userGradient: Floats;
  readonly itemGradient: Floats;
  /** One value per user of the batch; overwritten with the user's loss without `scale`. */
  readonly losses: Floats;
}

export interface SoftmaxKernels {
  /**
   * Losses and gradients of one batch. The loss of a user is `softmaxListLoss` (loss.ts). The full score matrix is never in memory. A user with
   * a score that is not finite (in float32: that may exceed 1e38) gets the loss NaN and adds no gradient.
   */
  softmax(step: SoftmaxStep): void;
}

export function softmaxWasm(m: WasmMachine): SoftmaxKernels {
  return {
    softmax(step) {
      const { dim, nItems, users, own, listed, losses, scale, temperature, ownWeight } = step;
      const { userVectors, itemVectors, userGradient, itemGradient } = step;
      const { shift, tiles, padded, tilesAtOnce, block } = tilingOf(dim, nItems, users.length);
      const groups = block / 4;
      let longest = 0;
      for (const user of users) longest = Math.max(longest, own.indptr[user + 1]! - own.indptr[user]!);
      const take = (name: string, bytes: number): number => m.workspace(`softmax.${name}`, bytes);
      const plan = writeRecords(m, 'softmax.plan', 'SoftmaxPlan', [
        {
          ...{ users, userVectors, itemVectors, userGradient, itemGradient, losses },
          ...{ ownStarts: own.indptr, ownItems: own.indices },
          ...{ listStarts: listed.indptr, listItems: listed.indices, listWeights: listed.weights },
          batch: users.length,
          ...{ dim, nItems, shift, tiles, block, longest },
          table: take('table', padded * dim * 4),
          gradients: take('gradients', padded * dim * 4),
          norms: take('norms', tiles * 8),
          exponentials: take('exponentials', block * padded * 4),
          weights: take('weights', block * dim * 4),
          vectors: take('vectors', block * dim * 4),
          lanes: take('lanes', block * (dim + 1) * 16),
          totals: take('totals', block * (dim + 1) * 8),
          cursors: take('cursors', block * 4),
          owns: take('owns', Math.max(1, groups * longest) * 8),
          // One more than dim: sums are added in pairs.
          sums: take('sums', groups * (dim + 1) * 8),
        },
      ]);
      m.run('softmaxPrepare', { plan }, tiles, tilesAtOnce);
      for (let first = 0; first < users.length; first += block) {
        const now = Math.ceil(Math.min(block, users.length - first) / 4);
        m.run('softmaxUsers', { plan, scale, temperature, ownWeight, first }, now, 1);
        m.run('softmaxItems', { plan, groups: now }, tiles, tilesAtOnce);
      }
      m.run('softmaxFinish', { plan, scale, temperature }, tiles, tilesAtOnce);
    },
  };
}

export function softmaxReference(_: Machine): SoftmaxKernels {
  return {
    softmax(step) {
      const { dim, nItems, own, listed, temperature, ownWeight, scale } = step;
      const scores = new Float64Array(nItems);
      const gradient = new Float64Array(nItems);
      const rowOf = (rows: Rows, values: ArrayLike<number>, user: number) =>
        Array.prototype.slice.call(values, rows.indptr[user]!, rows.indptr[user + 1]!) as number[];
      for (const [k, user] of step.users.entries()) {
        const u = step.userVectors.subarray(user * dim, (user + 1) * dim);
        for (let i = 0; i < nItems; i++) {
          let score = 0;
          for (let d = 0; d < dim; d++) score += u[d]! * step.itemVectors[i * dim + d]!;
          scores[i] = score;
        }
        if (!scores.every(Number.isFinite)) {
          step.losses[k] = Number.NaN;
          continue;
        }
        const lists = { listed: rowOf(listed, listed.indices, user), weights: rowOf(listed, listed.weights, user) };
        const row = { ...lists, own: rowOf(own, own.indices, user), temperature, ownWeight };
        step.losses[k] = softmaxListLoss(scores, row, gradient);
        for (let d = 0; d < dim; d++) {
          let sum = 0;
          for (let i = 0; i < nItems; i++) {
            sum += gradient[i]! * step.itemVectors[i * dim + d]!;
            step.itemGradient[i * dim + d]! += scale * gradient[i]! * u[d]!;
          }
          step.userGradient[user * dim + d]! += scale * sum;
        }
      }
    },
  };
}
