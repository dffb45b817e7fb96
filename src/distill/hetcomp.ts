/**
 * HetComp (Kang et al., WWW 2023): the student follows the training trajectories of several different teachers from easy to hard. Knowledge
 * is built anew every `period` epochs for each user and teacher (hetcomp-knowledge.ts); the loss first asks for the right items
 * and, once every teacher's last checkpoint is reached, for their order. docs/methods/hetcomp.md says what the source leaves open.
 */
import { choice, float, int, options } from '../config/options.js';
import { shuffle, stream } from '../config/random.js';
import { itemsOf } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { createFuser, importanceOptions, type Voice } from '../ensemble/index.js';
import { freeRows, type Rows, takeRows } from '../kernels/index.js';
import { type DistillContext, distiller } from './_distiller.js';
import { type BatchUsers, usersOfBatch } from './batch-users.js';
import {
  advance,
  allReached,
  type KnowledgeOptions,
  newSelection,
  progressOf,
  threshold,
} from './hetcomp-knowledge.js';

const hetcompOptions = options({
  lambda: float({ default: 0.01, min: 0, max: 1e6, help: 'Weight of the distillation loss.' }),
  fineWeight: float({
    default: 0.5,
    min: 0,
    max: 1e6,
    help: 'Weight of the fine-grained loss relative to the overall one.',
  }),
  base: choice(['kept', 'replaced'], {
    default: 'replaced',
    help: "Whether the student's own loss is added, or only the distillation loss counts.",
  }),
  rows: choice(['users', 'batch'], {
    default: 'users',
    help: 'Whose knowledge a step uses: every user once an epoch, or the users of the batch (active ones more often, as in the reference).',
  }),
  topK: int({ default: 100, min: 2, max: 1000, help: 'Unobserved items in the knowledge of a user.' }),
  observedK: int({ default: 10, min: 0, max: 1000, help: 'Observed items in the knowledge of a user.' }),
  discrepancyK: int({
    default: 50,
    min: 1,
    max: 1000,
    help: 'Length of the lists whose distance decides on the next checkpoint.',
  }),
  alpha: float({
    default: 1.05,
    above: 0,
    max: 100,
    help: 'Initial threshold: how much nearer the student must have come to move on.',
  }),
  decay: float({ default: 0.995, above: 0, max: 1, help: 'Factor on the threshold in every period.' }),
  period: int({ default: 10, min: 1, max: 10_000, help: 'Epochs between two constructions of knowledge.' }),
  arithmetic: choice(['correct', 'reference'], {
    default: 'correct',
    help: 'correct: exact sums, no clamps. reference: the rounding, clamps and comparisons of the official code.',
  }),
  ...importanceOptions.shape,
});

export const hetcomp = distiller({
  name: 'hetcomp',
  summary: 'Follows the trajectories of several different teachers, from easy to hard',
  source: 'Kang et al., Distillation from heterogeneous models for top-k recommendation, WWW 2023',
  needs: { teachers: 'many', form: 'trajectory', base: 'either', student: ['factors'], teacher: [] },
  options: hetcompOptions,
  // Sums over the whole catalogue are smooth, so that large steps are safe, and a run is worth little before its curriculum is over.
  studentDefaults: { learningRate: 0.02, l2: 0.00001, epochs: 300 },
  create(context, o) {
    const { kernels: k, train, teachers, student } = context;
    const knowledge: KnowledgeOptions = o;
    const selection = newSelection(train.users, teachers.length);
    const fuser = createFuser(train.items, o);
    const ranked = k.ints(train.users * o.topK);
    const observed = observedRows(context, o.observedK, fuser.fuse);
    const rows = takeRows(k, { columns: train.items, indptr: train.indptr, indices: train.indices });
    const picker = o.rows === 'users' ? everyUserOnce(context) : usersOfBatch(context);
    const losses = k.floats(picker.most);
    let phase: 'overall' | 'fine' = 'overall';

    const rebuild = () => {
      ranked.fill(-1);
      for (let u = 0; u < train.users; u++) {
        const voices = teachers.map((t, x) => voiceOf(t, selection.selected[u * teachers.length + x]!, u));
        ranked.set(fuser.fuse(voices, o.topK), u * o.topK);
      }
    };
    rebuild();
    return {
      base: o.base,
      accumulate(batch) {
        const users = picker.pick(batch);
        if (users.length === 0) return 0;
        const f = student.factors!(users);
        const scale = o.lambda * (phase === 'fine' ? o.fineWeight : 1);
        k.hetcomp({
          users,
          userVectors: f.users,
          itemVectors: f.items,
          dim: f.dim,
          items: train.items,
          train: rows,
          observed,
          ranked,
          topK: o.topK,
          phase,
          arithmetic: o.arithmetic === 'correct' ? 'exact' : 'reference',
          scale,
          userGradient: f.userGradient,
          itemGradient: f.itemGradient,
          losses,
        });
        let loss = 0;
        for (let r = 0; r < users.length; r++) loss += losses[r]!;
        return scale * loss;
      },
      afterEpoch(epoch) {
        if (phase === 'fine' || epoch % o.period !== 0) return { restartPatience: false };
        advance(selection, context.rankStudent(o.discrepancyK), teachers, knowledge, epoch);
        rebuild();
        if (allReached(selection, teachers, o.arithmetic)) phase = 'fine';
        const shares = progressOf(selection, teachers);
        context.tell(epoch, {
          phase,
          threshold: threshold(knowledge, epoch),
          teachers: teachers.map((t, x) => ({
            teacher: t.teacher,
            share: shares[x],
            distance: meanDistance(selection.distance, teachers.length, x),
          })),
        });
        return { restartPatience: phase === 'fine' && o.arithmetic === 'correct' };
      },
      save: () => ({
        phase,
        started: selection.started,
        selected: [...selection.selected],
        distance: [...selection.distance],
      }),
      load(state) {
        const s = state as { phase: typeof phase; started: boolean; selected: number[]; distance: number[] };
        phase = s.phase;
        selection.started = s.started;
        selection.selected.set(s.selected);
        selection.distance.set(s.distance);
        rebuild();
      },
      close() {
        picker.close();
        freeRows(k, observed);
        freeRows(k, rows);
        k.free(ranked, losses);
      },
    };
  },
});

const voiceOf = (t: Trajectory, checkpoint: number, user: number): Voice => ({
  list: rankingOf(t.checkpoints[checkpoint]!.rankings, user),
  earlier: t.checkpoints.slice(0, checkpoint).map((c) => rankingOf(c.rankings, user)),
});

function meanDistance(distance: Float64Array, width: number, x: number): number {
  let sum = 0;
  for (let at = x; at < distance.length; at += width) sum += distance[at]!;
  return (sum * width) / distance.length;
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
  const lists = Array.from({ length: train.users }, (_, u) => {
    const fused = fuse(
      speaking.map((r) => ({ list: rankingOf(r, u) })),
      most,
    );
    return fused.length > 0 ? fused : itemsOf(train, u).slice(0, most);
  });
  const indptr = new Int32Array(train.users + 1);
  lists.forEach((list, u) => {
    indptr[u + 1] = indptr[u]! + list.length;
  });
  const indices = new Int32Array(indptr[train.users]!);
  lists.forEach((list, u) => {
    indices.set(list, indptr[u]!);
  });
  return takeRows(k, { columns: train.items, indptr, indices });
}

/** The epoch's random order of users, in as many equal parts as there are batches. */
function everyUserOnce({ kernels: k, train, batchesPerEpoch, seed }: DistillContext): BatchUsers {
  const most = Math.ceil(train.users / batchesPerEpoch);
  const users = k.ints(most);
  const key = stream(seed, 'hetcomp users');
  const order = new Int32Array(train.users);
  let shuffled = -1;
  return {
    most,
    pick({ epoch, index }) {
      if (shuffled !== epoch) {
        for (let u = 0; u < order.length; u++) order[u] = u;
        shuffle(order, key, epoch);
        shuffled = epoch;
      }
      const part = order.subarray(index * most, (index + 1) * most);
      users.set(part);
      return users.subarray(0, part.length);
    },
    close: () => k.free(users),
  };
}
