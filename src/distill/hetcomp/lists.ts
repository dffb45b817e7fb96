/** What HetComp's teachers say of each user now, in kernel memory: items that the user has, and the ensemble of the selected checkpoints. */
import { type Interactions, itemsOf, packLists } from '../../data/interactions.js';
import { rankingOf } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';
import { freeRows, type Rows, takeRows, type WeightedLists } from '../../kernels/index.js';
import type { DistillContext } from '../_method.js';
import { createFuser, createWorth, type ImportanceOptions, type Voice } from '../ensemble/index.js';
import type { Selection } from './knowledge.js';

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

/** Users whose lists are fused in one call, so that their votes stay small. */
const BLOCK = 512;

export function createKnowledgeLists(context: DistillContext, o: KnowledgeListOptions): KnowledgeLists {
  const { kernels: k, train } = context;
  const collect = createCollector(context, o);
  const ranked = k.ints(train.nUsers * o.topK);
  const observed = observedRows(context, o.observedK, createFuser(train.nItems, o).fuse);
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
        const votes = collect.votes(selection, first, Math.min(BLOCK, train.nUsers - first));
        const block = ranked.subarray(first * o.topK, (first + votes.rows) * o.topK);
        // A teacher from elsewhere may list what the user has.
        k.fuse(votes, train.nItems, rows, first, o.topK, block);
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

/** Puts what the selected checkpoints say of some users into the form that `fuse` reads. */
function createCollector({ kernels: k, train, teachers }: DistillContext, o: ImportanceOptions) {
  const lengths = teachers.map((t) => Math.min(o.cutoff, Math.max(...t.checkpoints.map((c) => c.rankings.depth))));
  const width = lengths.reduce((a, b) => a + b, 0);
  const rows = Math.min(BLOCK, train.nUsers);
  const [items, worth] = [k.ints(rows * width), k.floats(rows * width)];
  const worthOf = createWorth(train.nItems, o);
  const steady = o.importance === 'rank+consistency';
  // Ranks alone are worth the same to everybody.
  const places = Int32Array.from({ length: Math.max(...lengths) }, (_, r) => r);
  for (let at = 0; at < worth.length; ) {
    for (const length of lengths) {
      worthOf({ list: places }, worth.subarray(at, at + length));
      at += length;
    }
  }
  return {
    /** @param count at most BLOCK */
    votes({ selected }: Selection, first: number, count: number): WeightedLists {
      for (let row = 0, at = 0; row < count; row++) {
        const user = first + row;
        for (let x = 0; x < teachers.length; x++) {
          const { checkpoints } = teachers[x]!;
          const checkpoint = selected[user * teachers.length + x]!;
          const { items: lists, depth } = checkpoints[checkpoint]!.rankings;
          const end = at + lengths[x]!;
          const said = Math.min(lengths[x]!, depth);
          items.set(lists.subarray(user * depth, user * depth + said), at);
          items.fill(-1, at + said, end);
          if (steady) worthOf(voiceOf(checkpoints, checkpoint, user), worth.subarray(at, end));
          at = end;
        }
      }
      return { rows: count, width, items, weights: worth };
    },
    close: () => k.free(items, worth),
  };
}

const voiceOf = (checkpoints: Trajectory['checkpoints'], at: number, user: number): Voice => ({
  list: rankingOf(checkpoints[at]!.rankings, user),
  earlier: checkpoints.slice(0, at).map((c) => rankingOf(c.rankings, user)),
});

/** Each user's train items and list together, ascending. */
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
 * Each user's first observed items by the teachers' summed importance over the user's own items; fewer than `most` for a user with fewer
 * (choice C3). For a user whose own items no teacher ranks, as one from elsewhere may not: the items in id order.
 */
function observedRows(
  { kernels: k, train, teachers }: DistillContext,
  most: number,
  fuse: (v: readonly Voice[], n: number) => Int32Array,
): Rows {
  const speaking = teachers.flatMap((t) => (t.observed ? [t.observed] : []));
  const lists = Array.from({ length: train.nUsers }, (_, u) => {
    const fused = fuse(
      speaking.map((r) => ({ list: rankingOf(r, u) })),
      most,
    );
    return fused.length > 0 ? fused : itemsOf(train, u).slice(0, most);
  });
  return takeRows(k, { columns: train.nItems, ...packLists(lists) });
}
