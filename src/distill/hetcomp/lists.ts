/** The current lists of each user in kernel memory: observed items, and the ensemble of the selected checkpoints. */
import { type Interactions, itemsOf, packEach } from '../../data/interactions.js';
import { rankingOf } from '../../data/rankings.js';
import { freeRows, type Rows, takeRows } from '../../kernels/index.js';
import type { DistillContext } from '../_method.js';
import { createFusedLists, type FusedListOptions } from '../curriculum/fused-lists.js';
import type { Selection } from '../curriculum/knowledge.js';
import { createFusion, type UserRanking } from '../ensemble/index.js';

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

export interface KnowledgeListOptions extends FusedListOptions {
  readonly observedK: number;
  readonly remainder?: number | undefined;
}

export function createKnowledgeLists(context: DistillContext, o: KnowledgeListOptions): KnowledgeLists {
  const { kernels: k, train } = context;
  const observed = observedRows(context, o.observedK, createFusion(train.nItems, o).fuse);
  const rows = takeRows(k, { columns: train.nItems, indptr: train.indptr, indices: train.indices });
  const fused = createFusedLists(context, rows, o);
  const { ranked } = fused;
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
      fused.rebuild(selection);
      if (outside) fillOutside(outside, train, ranked, o.topK);
    },
    close() {
      freeRows(k, observed);
      freeRows(k, rows);
      if (outside) freeRows(k, outside);
      fused.close();
    },
  };
}

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
  const observed = teachers.flatMap((t) => (t.observed ? [{ ranked: t.observed, weight: t.weight ?? 1 }] : []));
  const lists = packEach(train.nUsers, (u) => {
    const fused = fuse(
      observed.map(({ ranked, weight }) => ({ list: rankingOf(ranked, u), weight })),
      most,
    );
    return fused.length > 0 ? fused : itemsOf(train, u).slice(0, most);
  });
  return takeRows(k, { columns: train.nItems, ...lists });
}
