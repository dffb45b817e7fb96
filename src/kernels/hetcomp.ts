import type { Floats, Machine, WasmMachine } from './_machine.js';
import { type HetcompArithmetic, type HetcompPhase, hetcompLoss } from './hetcomp-row.js';
import type { Rows } from './rows.js';

/** One batch of HetComp's student, a model that scores by the inner product of a user's and an item's vector. */
export interface HetcompStep {
  /** The users of the batch, each once. */
  readonly users: Int32Array;
  /** `allUsers * dim` and `items * dim` numbers. */
  readonly userVectors: Floats;
  readonly itemVectors: Floats;
  /** At least 1. */
  readonly dim: number;
  /** Items of the catalogue, at least 1; every id below is in `[0, items)`. */
  readonly nItems: number;
  /** Train items, a row for each of all users: ascending. */
  readonly train: Rows;
  /** Observed items that are taught, a row for each of all users: in rank order, not ascending. */
  readonly observed: Rows;
  /** The teachers' items: `allUsers * topK` ids, best first; a shorter list ends in -1. */
  readonly ranked: Int32Array;
  readonly topK: number;
  readonly phase: HetcompPhase;
  readonly arithmetic: HetcompArithmetic;
  /** Weight of the loss in the gradients. */
  readonly scale: number;
  /** As `userVectors` and `itemVectors`; the step adds `scale` * gradient. */
  readonly userGradient: Floats;
  readonly itemGradient: Floats;
  /** One for each user of the batch; overwritten with the loss of that user, without `scale`. */
  readonly losses: Floats;
}

export interface HetcompKernels {
  /**
   * Losses and gradients of one batch; the loss of a user is `hetcompLoss` of `losses/hetcomp.ts`. Scores of all users on all
   * items are never held at once. A user who has a score that is not finite (or, in float32, might have one beyond 1e38) gets the loss
   * NaN and adds no gradient.
   */
  hetcomp(step: HetcompStep): void;
}

export function hetcompReference(_: Machine): HetcompKernels {
  return {
    hetcomp(step) {
      const { dim, nItems, topK, train, observed } = step;
      const scores = new Float64Array(nItems);
      const gradient = new Float64Array(nItems);
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
        step.losses[k] = hetcompLoss(
          scores,
          {
            observed: observed.indices.subarray(observed.indptr[user]!, observed.indptr[user + 1]!),
            ranked: step.ranked.subarray(user * topK, (user + 1) * topK),
            train: train.indices.subarray(train.indptr[user]!, train.indptr[user + 1]!),
            phase: step.phase,
            arithmetic: step.arithmetic,
            topK,
          },
          gradient,
        );
        const ofUser = new Float64Array(dim);
        for (let i = 0; i < nItems; i++) {
          for (let d = 0; d < dim; d++) {
            ofUser[d]! += gradient[i]! * step.itemVectors[i * dim + d]!;
            step.itemGradient[i * dim + d]! += step.scale * gradient[i]! * u[d]!;
          }
        }
        for (let d = 0; d < dim; d++) step.userGradient[user * dim + d]! += step.scale * ofUser[d]!;
      }
    },
  };
}

/** Users of a block are a multiple of this: eight groups of four divide well among 1, 2, 4 or 8 threads. */
const BLOCK = 32;
/** Working memory for the exponentials of one block of users: few enough to stay in the caches, many enough for the threads. */
const BLOCK_BYTES = 4 * 2 ** 20;

export function hetcompWasm(m: WasmMachine): HetcompKernels {
  return {
    hetcomp(step) {
      const { dim, nItems, topK, users, train, observed } = step;
      const fine = step.phase === 'fine';
      const shift = tileShift(dim, nItems);
      const tiles = Math.ceil(nItems / 2 ** shift);
      const padded = tiles * 2 ** shift;
      // The block depends on the catalogue only, not on the threads, so the order of the sums does not either.
      const fits = Math.floor(BLOCK_BYTES / (padded * 4) / BLOCK) * BLOCK;
      const block = Math.min(Math.max(fits, BLOCK), 1024, Math.ceil(users.length / 4) * 4);
      const groups = block / 4;
      let longest = 0;
      for (const user of users) longest = Math.max(longest, observed.indptr[user + 1]! - observed.indptr[user]!);
      const entries = Math.ceil((longest + topK + 1) / 16) * 16;
      const take = (name: string, bytes: number): number => m.workspace(`hetcomp.${name}`, bytes);

      // The fields of Plan in assembly/hetcomp.ts, in its order.
      const fields = [
        m.address(users),
        m.address(step.userVectors),
        m.address(step.itemVectors),
        m.address(train.indptr),
        m.address(train.indices),
        m.address(observed.indptr),
        m.address(observed.indices),
        m.address(step.ranked),
        m.address(step.userGradient),
        m.address(step.itemGradient),
        m.address(step.losses),
        users.length,
        dim,
        nItems,
        topK,
        fine ? Math.floor(topK / 2) : topK,
        Math.floor(topK / 10),
        fine ? 1 : 0,
        step.arithmetic === 'exact' ? 1 : 0,
        shift,
        tiles,
        block,
        entries,
        take('table', padded * dim * 4),
        take('gradients', padded * dim * 4),
        take('norms', tiles * 8),
        take('exponentials', block * padded * 4),
        take('weights', block * dim * 4),
        take('vectors', block * dim * 4),
        take('lanes', block * (dim + 1) * 16),
        take('totals', block * (dim + 1) * 8),
        take('heads', block * (tiles + 1) * 4),
        take('links', block * topK * 16),
        take('lists', groups * (entries * 32 + (dim + 1) * 8)),
      ];
      const plan = take('plan', fields.length * 4);
      m.intsAt(plan, fields.length).set(fields);
      const tilesAtOnce = Math.ceil(tiles / 64);
      m.run('hetcompPrepare', [plan], tiles, tilesAtOnce);
      for (let first = 0; first < users.length; first += block) {
        const now = Math.ceil(Math.min(block, users.length - first) / 4);
        m.run('hetcompUsers', [plan, step.scale, first], now, 1);
        m.run('hetcompItems', [plan, now], tiles, tilesAtOnce);
      }
      m.run('hetcompFinish', [plan, step.scale], tiles, tilesAtOnce);
    },
  };
}

/** Items of a tile, as a power of two: its vectors and four users' numbers stay in a first-level cache of 32 kB. */
function tileShift(dim: number, nItems: number): number {
  let shift = 9;
  while (shift > 4 && (4 * dim + 16) * 2 ** shift > 24_576) shift -= 1;
  while (shift > 4 && 2 ** (shift - 1) >= nItems) shift -= 1;
  return shift;
}
