/** The list of each user that the ensemble of the selected checkpoints gives, in kernel memory. */
import { itemsOf } from '../../data/interactions.js';
import { rankingOf, rowsOf } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';
import type { Floats, Rows, WeightedLists } from '../../kernels/index.js';
import type { DistillContext } from '../_method.js';
import {
  createAgreement,
  createImportance,
  type ImportanceOptions,
  topByDissensus,
  type UserRanking,
} from '../ensemble/index.js';
import type { Selection } from './knowledge.js';

export interface FusedLists {
  /** `nUsers * topK` ids, best first, without train items. Shorter lists end in -1. */
  readonly ranked: Int32Array;
  /** Computes `ranked` from the selected checkpoints. */
  rebuild(selection: Selection): void;
  close(): void;
}

export interface FusedListOptions extends ImportanceOptions {
  readonly topK: number;
  /** Weight of the dissensus of the teachers in the order of the list, at least 0. Default: 0. */
  readonly dissensus?: number;
}

/** Users whose lists are fused in one call. Limits the size of the input. */
const BLOCK = 512;

/** @param own train items of each user, in kernel memory; an imported teacher may list them */
export function createFusedLists(context: DistillContext, own: Rows, o: FusedListOptions): FusedLists {
  const { kernels: k, train } = context;
  if (o.dissensus) return listsWithDissensus(context, o, o.dissensus);
  const collect = createCollector(context, o);
  const ranked = k.ints(train.nUsers * o.topK);
  return {
    ranked,
    rebuild(selection) {
      for (let first = 0; first < train.nUsers; first += BLOCK) {
        const lists = collect.lists(selection, first, Math.min(BLOCK, train.nUsers - first));
        const block = ranked.subarray(first * o.topK, (first + lists.rows) * o.topK);
        k.fuse(lists, train.nItems, own, first, o.topK, block);
      }
    },
    close() {
      collect.close();
      k.free(ranked);
    },
  };
}

/** The deviation over teachers is not a sum over them, so each user's lists are looked at on their own. */
function listsWithDissensus(
  { kernels: k, train, teachers }: DistillContext,
  o: FusedListOptions,
  delta: number,
): FusedLists {
  const ranked = k.ints(train.nUsers * o.topK);
  const agreementOf = createAgreement(train.nItems, o);
  return {
    ranked,
    rebuild({ selected }) {
      ranked.fill(-1);
      for (let user = 0; user < train.nUsers; user++) {
        const rankings = teachers.map(({ checkpoints, weight = 1 }, x) => ({
          ...rankingAt(checkpoints, selected[user * teachers.length + x]!, user),
          weight,
        }));
        ranked.set(topByDissensus(agreementOf(rankings, itemsOf(train, user)), delta, o.topK), user * o.topK);
      }
    },
    close: () => k.free(ranked),
  };
}

/** Collects the selected checkpoints' lists of some users in the format of the kernel `fuse`. */
function createCollector({ kernels: k, train, teachers }: DistillContext, o: ImportanceOptions) {
  const lengths = teachers.map((t) => Math.min(o.cutoff, Math.max(...t.checkpoints.map((c) => c.rankings.depth))));
  const width = lengths.reduce((a, b) => a + b, 0);
  const rows = Math.min(BLOCK, train.nUsers);
  const [items, weights] = [k.ints(rows * width), k.floats(rows * width)];
  const importanceOf = createImportance(train.nItems, o);
  const withConsistency = o.importance === 'rank+consistency';
  // Importance by rank alone is the same for all users.
  const places = Int32Array.from({ length: Math.max(...lengths) }, (_, r) => r);
  for (let at = 0; at < weights.length; ) {
    for (const [x, length] of lengths.entries()) {
      const own = weights.subarray(at, at + length);
      importanceOf({ list: places }, own);
      scale(own, teachers[x]!.weight);
      at += length;
    }
  }
  return {
    /** @param count at most BLOCK */
    lists({ selected }: Selection, first: number, count: number): WeightedLists {
      for (let row = 0, at = 0; row < count; row++) {
        const user = first + row;
        for (let x = 0; x < teachers.length; x++) {
          const { checkpoints, weight } = teachers[x]!;
          const checkpoint = selected[user * teachers.length + x]!;
          const { rankings } = checkpoints[checkpoint]!;
          const end = at + lengths[x]!;
          const length = Math.min(lengths[x]!, rankings.depth);
          items.set(rowsOf(rankings, user, user + 1).subarray(0, length), at);
          items.fill(-1, at + length, end);
          if (withConsistency) {
            const own = weights.subarray(at, end);
            importanceOf(rankingAt(checkpoints, checkpoint, user), own);
            scale(own, weight);
          }
          at = end;
        }
      }
      return { rows: count, width, items, weights };
    },
    close: () => k.free(items, weights),
  };
}

function scale(values: Floats, weight = 1): void {
  for (let n = 0; n < values.length; n++) values[n]! *= weight;
}

const rankingAt = (checkpoints: Trajectory['checkpoints'], at: number, user: number): UserRanking => ({
  list: rankingOf(checkpoints[at]!.rankings, user),
  earlier: checkpoints.slice(0, at).map((c) => rankingOf(c.rankings, user)),
});
