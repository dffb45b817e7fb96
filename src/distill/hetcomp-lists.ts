/** What HetComp's teachers say of each user now, in kernel memory: items that the user has, and the ensemble of the selected checkpoints. */
import { itemsOf, packLists } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { createFuser, type ImportanceOptions, type Voice } from '../ensemble/index.js';
import { freeRows, type Rows, takeRows } from '../kernels/index.js';
import type { DistillContext } from './_distiller.js';
import type { Selection } from './hetcomp-knowledge.js';

export interface KnowledgeLists {
  /** Train items, a row for each user. */
  readonly train: Rows;
  /** Observed items that are taught, a row for each user: in rank order. */
  readonly observed: Rows;
  /** The ensemble's items: `users * topK` ids, best first; a shorter list ends in -1. */
  readonly ranked: Int32Array;
  readonly topK: number;
  /** Train items and `ranked` of each user, ascending: what is in no remainder. Only where the remainder is drawn. */
  readonly outside?: Rows;
  /** Makes `ranked` from the checkpoints that are selected. */
  rebuild(selection: Selection): void;
  close(): void;
}

export interface KnowledgeListOptions extends ImportanceOptions {
  readonly topK: number;
  readonly observedK: number;
  readonly remainder?: number | undefined;
}

export function createKnowledgeLists(context: DistillContext, o: KnowledgeListOptions): KnowledgeLists {
  const { kernels: k, train, teachers } = context;
  const fuser = createFuser(train.items, o);
  const ranked = k.ints(train.users * o.topK);
  const observed = observedRows(context, o.observedK, fuser.fuse);
  const rows = takeRows(k, { columns: train.items, indptr: train.indptr, indices: train.indices });
  const outside: Rows | undefined =
    o.remainder === undefined
      ? undefined
      : {
          ...{ rows: train.users, columns: train.items, indptr: k.ints(train.users + 1) },
          indices: k.ints(train.indices.length + ranked.length),
        };
  return {
    train: rows,
    observed,
    ranked,
    topK: o.topK,
    ...(outside ? { outside } : {}),
    rebuild({ selected }) {
      ranked.fill(-1);
      for (let u = 0; u < train.users; u++) {
        const voices = teachers.map((t, x) => voiceOf(t, selected[u * teachers.length + x]!, u));
        // A teacher from elsewhere may list what the user has.
        const own = itemsOf(train, u);
        const list = fuser.fuse(voices, o.topK, { without: own });
        ranked.set(list, u * o.topK);
        if (!outside) continue;
        const start = outside.indptr[u]!;
        outside.indptr[u + 1] = start + own.length + list.length;
        outside.indices.set(own, start);
        outside.indices.set(list, start + own.length);
        outside.indices.subarray(start, outside.indptr[u + 1]).sort();
      }
    },
    close() {
      freeRows(k, observed);
      freeRows(k, rows);
      if (outside) freeRows(k, outside);
      k.free(ranked);
    },
  };
}

const voiceOf = (t: Trajectory, checkpoint: number, user: number): Voice => ({
  list: rankingOf(t.checkpoints[checkpoint]!.rankings, user),
  earlier: t.checkpoints.slice(0, checkpoint).map((c) => rankingOf(c.rankings, user)),
});

/**
 * Each user's first observed items by the teachers' summed importance over the user's own items; fewer than `most` for a user with fewer
 * (choice C3). For a user whose own items no teacher ranks, as one from elsewhere may not: the items in id order.
 */
function observedRows(
  { kernels: k, train, teachers }: DistillContext,
  most: number,
  fuse: (v: readonly Voice[], n: number) => Int32Array,
): Rows {
  const speaking = teachers.flatMap((t) => (t.observed ? [t.observed] : []));
  const lists = Array.from({ length: train.users }, (_, u) => {
    const fused = fuse(
      speaking.map((r) => ({ list: rankingOf(r, u) })),
      most,
    );
    return fused.length > 0 ? fused : itemsOf(train, u).slice(0, most);
  });
  return takeRows(k, { columns: train.items, ...packLists(lists) });
}
