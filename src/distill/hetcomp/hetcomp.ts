/**
 * HetComp (Kang et al., WWW 2023): the student follows the training trajectories of several different teachers from easy to hard. Knowledge
 * is built anew every `period` epochs for each user and teacher (hetcomp-knowledge.ts); the loss (hetcomp-step.ts) first asks for the right
 * items and, once the last checkpoints are reached, for their order. docs/methods/hetcomp.md says what the source leaves open.
 */
import { choice, float, int, optionalInt, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { createBatchUsers, rowsShape } from '../batch-users.js';
import { importanceOptions } from '../ensemble/index.js';
import { searchAround } from '../weight-search.js';
import {
  advance,
  allReached,
  fineUsers,
  type KnowledgeOptions,
  meanDiscrepancy,
  newSelection,
  progressOf,
  thinned,
  threshold,
} from './knowledge.js';
import { createKnowledgeLists } from './lists.js';
import { createHetcompStep } from './step.js';

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
  ...rowsShape,
  construction: choice(['dynamic', 'fixed'], {
    default: 'dynamic',
    help: 'When a user moves on to the next checkpoint of a teacher: by how near the student has come, or in every construction.',
  }),
  transfer: choice(['adaptive', 'overall', 'fine'], {
    default: 'adaptive',
    help: 'Whether the loss turns from the right items to their order, or is one of the two throughout.',
  }),
  trajectoryLength: optionalInt({
    min: 1,
    max: 1000,
    help: "Checkpoints of each teacher's trajectory that are gone through, evenly spread and with the last one. Default: all, or 1 for a student that goes on from a bundle.",
  }),
  switch: choice(['all', 'user'], {
    default: 'all',
    help: "When the loss turns to order: for all users once every user is at every teacher's last checkpoint, or for each user on its own.",
  }),
  remainder: optionalInt({
    min: 1,
    max: 1_000_000,
    help: 'Unobserved items drawn for a user, anew in each epoch, to stand for all that are not taught; for large catalogues. Default: all of them.',
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

export const hetcomp = distillationMethod({
  name: 'hetcomp',
  summary: 'Follows the trajectories of several different teachers, from easy to hard',
  source: 'Kang et al., Distillation from heterogeneous models for top-k recommendation, WWW 2023',
  needs: { teachers: 'many', form: 'trajectory', base: 'either', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.01) },
  options: hetcompOptions,
  small: { topK: 10, observedK: 2, discrepancyK: 4, period: 1 },
  // Sums over the whole catalogue are smooth, so that large steps are safe, and a run is worth little before its curriculum is over.
  studentDefaults: { learningRate: 0.02, l2: 0.00001, epochs: 300 },
  // A student that has been taught is beyond the easy checkpoints: they pull it back (docs/results/continue.md).
  continueDefaults: { trajectoryLength: 1 },
  create(context, o) {
    const { kernels: k, train } = context;
    const teachers = context.teachers.map((t) => thinned(t, o.trajectoryLength ?? t.checkpoints.length));
    const knowledge: KnowledgeOptions = o;
    const selection = newSelection(train.nUsers, teachers.length);
    const lists = createKnowledgeLists({ ...context, teachers }, o);
    const picker = createBatchUsers(context, o.rows, 'hetcomp users');
    const step = createHetcompStep(context, lists, o, picker.most);
    const chosen = k.ints(picker.most);
    let fine: Uint8Array = new Uint8Array(train.nUsers);
    const settle = () => {
      lists.rebuild(selection);
      if (o.transfer === 'adaptive') fine = fineUsers(selection, teachers, o.arithmetic, o.switch);
      else fine.fill(o.transfer === 'fine' ? 1 : 0);
    };
    // The rounding of the official code ends the constructions when it switches; a user's own switch needs its last checkpoint.
    const finished = () =>
      selection.started && allReached(selection, teachers, o.switch === 'all' ? o.arithmetic : 'correct');
    const counted = () => fine.reduce((a, b) => a + b, 0);
    // What a student is worth on the way says little of what it will be: patience counts from the end of the curriculum on.
    const waitsFor = (change: boolean) => ({ restartPatience: o.arithmetic === 'correct' && (change || !finished()) });
    settle();
    return {
      base: o.base,
      accumulate(batch) {
        const users = picker.pick(batch);
        let loss = 0;
        for (const phase of ['overall', 'fine'] as const) {
          const part = users.filter((u) => fine[u] === (phase === 'fine' ? 1 : 0));
          if (part.length === 0) continue;
          chosen.set(part);
          const scale = o.lambda * (phase === 'fine' ? o.fineWeight : 1);
          loss += scale * step.accumulate(chosen.subarray(0, part.length), phase, scale, batch);
        }
        return loss;
      },
      async afterEpoch(epoch) {
        if (epoch % o.period !== 0) return waitsFor(false);
        const before = counted();
        const student = await context.rankStudent(o.discrepancyK);
        if (!finished()) {
          advance(selection, student, teachers, knowledge, epoch);
          settle();
        }
        const [now, shares] = [counted(), progressOf(selection, teachers)];
        const distances = meanDiscrepancy(student, teachers, o);
        context.tell(epoch, {
          fine: now / train.nUsers,
          threshold: threshold(knowledge, epoch),
          teachers: teachers.map((t, x) => ({ teacher: t.teacher, share: shares[x], distance: distances[x] })),
        });
        return waitsFor(now > before);
      },
      save: () => ({
        started: selection.started,
        selected: [...selection.selected],
        distance: [...selection.distance],
      }),
      load(state) {
        const s = state as { started: boolean; selected: number[]; distance: number[] };
        selection.started = s.started;
        selection.selected.set(s.selected);
        selection.distance.set(s.distance);
        settle();
      },
      close() {
        step.close();
        picker.close();
        lists.close();
        k.free(chosen);
      },
    };
  },
});
