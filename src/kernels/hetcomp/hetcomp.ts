import type { Floats, WasmMachine } from '../machine/machine.js';
import { writeRecords } from '../machine/records.js';
import type { Rows } from '../rows.js';
import { tilingOf } from '../strips/strips.js';
import { LINK_BYTES, listBytes } from './layout.js';
import type { HetcompFormulas, HetcompPhase } from './loss.js';

/** One training step of HetComp's student, for a model with inner products. */
export interface HetcompStep {
  /** The distinct users of the batch. */
  readonly users: Int32Array;
  /** User vectors (`train.rows * dim` values); the item vectors have `nItems * dim` values. */
  readonly userVectors: Floats;
  readonly itemVectors: Floats;
  /** At least 1. */
  readonly dim: number;
  /** At least 1. All item ids below are in `[0, nItems)`. */
  readonly nItems: number;
  /** Train items, one row per user of the data: ascending. */
  readonly train: Rows;
  /** Observed items in the loss, one row per user of the data: in rank order. */
  readonly observed: Rows;
  /** The ensemble's items: `train.rows * topK` ids, best first. A shorter list ends in -1. */
  readonly ranked: Int32Array;
  readonly topK: number;
  readonly phase: HetcompPhase;
  readonly formulas: HetcompFormulas;
  /** Factor of the gradients. */
  readonly scale: number;
  /** Like `userVectors` and `itemVectors`. The step adds `scale` * gradient. */
  readonly userGradient: Floats;
  readonly itemGradient: Floats;
  /** One value per user of the batch; overwritten with the user's loss without `scale`. */
  readonly losses: Floats;
}

export interface HetcompKernels {
  /**
   * Losses and gradients of one batch. The loss of a user is `hetcompLoss` (loss.ts). The full score matrix is never in memory. A user with a
   * score that is not finite (in float32: that may exceed 1e38) gets the loss NaN and adds no gradient.
   */
  hetcomp(step: HetcompStep): void;
}

export function hetcompWasm(m: WasmMachine): HetcompKernels {
  return {
    hetcomp(step) {
      const { dim, nItems, topK, users, train, observed, ranked, losses } = step;
      const { userVectors, itemVectors, userGradient, itemGradient } = step;
      const fine = step.phase === 'fine';
      const { shift, tiles, padded, tilesAtOnce, block } = tilingOf(dim, nItems, users.length);
      const groups = block / 4;
      let longest = 0;
      for (const user of users) longest = Math.max(longest, observed.indptr[user + 1]! - observed.indptr[user]!);
      const entries = Math.ceil((longest + topK + 1) / 16) * 16;
      const take = (name: string, bytes: number): number => m.workspace(`hetcomp.${name}`, bytes);

      const plan = writeRecords(m, 'hetcomp.plan', 'HetcompPlan', [
        {
          ...{ users, userVectors, itemVectors, ranked, userGradient, itemGradient, losses },
          ...{ trainStarts: train.indptr, trainItems: train.indices },
          ...{ observedStarts: observed.indptr, observedItems: observed.indices },
          batch: users.length,
          ...{ dim, nItems, topK, shift, tiles, block, entries },
          taught: fine ? Math.floor(topK / 2) : topK,
          taughtTwice: Math.floor(topK / 10),
          fine: fine ? 1 : 0,
          exact: step.formulas === 'exact' ? 1 : 0,
          table: take('table', padded * dim * 4),
          gradients: take('gradients', padded * dim * 4),
          norms: take('norms', tiles * 8),
          exponentials: take('exponentials', block * padded * 4),
          weights: take('weights', block * dim * 4),
          vectors: take('vectors', block * dim * 4),
          lanes: take('lanes', block * (dim + 1) * 16),
          totals: take('totals', block * (dim + 1) * 8),
          heads: take('heads', block * (tiles + 1) * 4),
          links: take('links', block * topK * LINK_BYTES),
          lists: take('lists', groups * listBytes(dim, entries)),
        },
      ]);
      m.run('hetcompPrepare', { plan }, tiles, tilesAtOnce);
      for (let first = 0; first < users.length; first += block) {
        const now = Math.ceil(Math.min(block, users.length - first) / 4);
        m.run('hetcompUsers', { plan, scale: step.scale, first }, now, 1);
        m.run('hetcompItems', { plan, groups: now }, tiles, tilesAtOnce);
      }
      m.run('hetcompFinish', { plan, scale: step.scale }, tiles, tilesAtOnce);
    },
  };
}
