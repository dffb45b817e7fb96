/** The current lists of each user in kernel memory: observed items, and the ensemble of the selected checkpoints. */
import { type Interactions, itemsOf, packLists } from '../../data/interactions.js';
import { rankingOf } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';
import { freeRows, type Rows, takeRows, type WeightedLists } from '../../kernels/index.js';
import type { DistillContext } from '../_method.js';
import { createFusion, createImportance, type ImportanceOptions, type UserRanking } from '../ensemble/index.js';
import type { Selection } from './knowledge.js';

export interface KnowledgeLists {
  /** Train items, one row per user. */
  readonly train: Rows;
  /** Observed items in the loss, one row per user, in rank order. */
  readonly observed: Rows;
  /** The ensemble's items: `nUsers * topK` ids, best first. Shorter lists end in -1. */
  readonly ranked: Int32Array;
  readonly topK: number;
  /** Train items and `ranked` of each user, ascending. These are not remaining items. Only present if the remainder is sampled. */
  readonly outside?: Rows;
  /** Computes `ranked` from the selected checkpoints. */
  rebuild(selection: Selection): void;
  close(): void;
}

export interface KnowledgeListOptions extends ImportanceOptions {
  readonly topK: number;
  readonly observedK: number;
  readonly remainder?: number | undefined;
}

/** Users whose lists are fused in one call. Limits the size of the input. */
const BLOCK = 512;

export function createKnowledgeLists(context: DistillContext, o: KnowledgeListOptions): KnowledgeLists {
  const { kernels: k, train } = context;
  const collect = createCollector(context, o);
  const ranked = k.ints(train.nUsers * o.topK);
  const observed = observedRows(context, o.observedK, createFusion(train.nItems, o).fuse);
  const rows = takeRows(k, { columns: train.nItems, indptr: train.indptr, indices: train.indices });
  const outside: Rows | undefined =
    o.remainder === undefined
      ? undefined
      : {
          ...{ rows: train.nUsers, columns: train.nItems, indptr: k.ints(train.nUsers + 1) },
          indices: k.ints(train.indices.length + ranked.length),
        };
  return {
    train: rows,
    observed,
    ranked,
    topK: o.topK,
    ...(outside ? { outside } : {}),
    rebuild(selection) {
      for (let first = 0; first < train.nUsers; first += BLOCK) {
        const lists = collect.lists(selection, first, Math.min(BLOCK, train.nUsers - first));
        const block = ranked.subarray(first * o.topK, (first + lists.rows) * o.topK);
        // An imported teacher may list observed items.
        k.fuse(lists, train.nItems, rows, first, o.topK, block);
      }
      if (outside) fillOutside(outside, train, ranked, o.topK);
    },
    close() {
      freeRows(k, observed);
      freeRows(k, rows);
      if (outside) freeRows(k, outside);
      collect.close();
      k.free(ranked);
    },
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
    for (const length of lengths) {
      importanceOf({ list: places }, weights.subarray(at, at + length));
      at += length;
    }
  }
  return {
    /** @param count at most BLOCK */
    lists({ selected }: Selection, first: number, count: number): WeightedLists {
      for (let row = 0, at = 0; row < count; row++) {
        const user = first + row;
        for (let x = 0; x < teachers.length; x++) {
          const { checkpoints } = teachers[x]!;
          const checkpoint = selected[user * teachers.length + x]!;
          const { items: lists, depth } = checkpoints[checkpoint]!.rankings;
          const end = at + lengths[x]!;
          const length = Math.min(lengths[x]!, depth);
          items.set(lists.subarray(user * depth, user * depth + length), at);
          items.fill(-1, at + length, end);
          if (withConsistency) importanceOf(rankingAt(checkpoints, checkpoint, user), weights.subarray(at, end));
          at = end;
        }
      }
      return { rows: count, width, items, weights };
    },
    close: () => k.free(items, weights),
  };
}

const rankingAt = (checkpoints: Trajectory['checkpoints'], at: number, user: number): UserRanking => ({
  list: rankingOf(checkpoints[at]!.rankings, user),
  earlier: checkpoints.slice(0, at).map((c) => rankingOf(c.rankings, user)),
});

/** Train items and list of each user, ascending. */
function fillOutside({ indptr, indices }: Rows, train: Interactions, ranked: Int32Array, topK: number): void {
  for (let u = 0, start = 0; u < train.nUsers; u++) {
    const own = itemsOf(train, u);
    const list = ranked.subarray(u * topK, (u + 1) * topK).filter((item) => item >= 0);
    indices.set(own, start);
    indices.set(list, start + own.length);
    const end = start + own.length + list.length;
    indices.subarray(start, end).sort();
    indptr[u + 1] = end;
    start = end;
  }
}

/**
 * Each user's first `most` observed items by summed importance; fewer for a user with fewer items (choice C3). If no teacher ranks a user's
 * observed items (imported teachers may not), the items in id order.
 */
function observedRows(
  { kernels: k, train, teachers }: DistillContext,
  most: number,
  fuse: (v: readonly UserRanking[], n: number) => Int32Array,
): Rows {
  const observed = teachers.flatMap((t) => (t.observed ? [t.observed] : []));
  const lists = Array.from({ length: train.nUsers }, (_, u) => {
    const fused = fuse(
      observed.map((r) => ({ list: rankingOf(r, u) })),
      most,
    );
    return fused.length > 0 ? fused : itemsOf(train, u).slice(0, most);
  });
  return takeRows(k, { columns: train.nItems, ...packLists(lists) });
}
