/**
 * HetComp (Kang et al., WWW 2023): the student follows the training trajectories of several different teachers from easy to hard. The
 * target of each user and teacher is updated every `period` epochs (knowledge.ts). The loss (step.ts) first asks for the right items and,
 * once the last checkpoints are reached, for their order. docs/methods/hetcomp.md lists what the source leaves open.
 */
import { fail } from '../../errors.js';
import { choice, float, int, optionalInt, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { createBatchUsers, lossUsersShape } from '../batch-users.js';
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
} from '../curriculum/knowledge.js';
import { curriculumShape } from '../curriculum/options.js';
import { importanceOptions } from '../ensemble/index.js';
import { refuseNoLoss } from '../loss-left.js';
import { lossWeight, searchAround } from '../weight.js';
import { createKnowledgeLists } from './lists.js';
import { createHetcompStep } from './step.js';

const hetcompOptions = options({
  lambda: lossWeight(0.01),
  fineWeight: float({
    default: 0.5,
    min: 0,
    max: 1e6,
    help: 'Weight of the fine-grained loss relative to the overall loss.',
  }),
  base: choice(['kept', 'replaced'], {
    default: 'replaced',
    help: "kept: the student's own loss is added. replaced: only the distillation loss is used.",
  }),
  ...lossUsersShape,
  construction: choice(['dynamic', 'fixed'], {
    default: 'dynamic',
    help: 'When a user advances to the next checkpoint of a teacher. dynamic: once the student is close enough. fixed: in every construction.',
  }),
  transfer: choice(['adaptive', 'overall', 'fine'], {
    default: 'adaptive',
    help: 'adaptive: first the overall loss (right items), then the fine-grained loss (their order). overall, fine: this loss throughout.',
  }),
  switch: choice(['all', 'user'], {
    default: 'all',
    help: 'When the loss becomes fine-grained. all: once all users are at the last checkpoint of every teacher. user: for each user separately.',
  }),
  remainder: optionalInt({
    min: 1,
    max: 1_000_000,
    help: 'Remaining items sampled per user and epoch, for large catalogues. Default: all remaining items.',
  }),
  topK: int({ default: 100, min: 2, max: 1000, help: 'Unobserved items per user in the list of the ensemble.' }),
  dissensus: float({
    default: 0,
    min: 0,
    max: 1e6,
    help: "Weight of the teachers' disagreement about an item in the order of the ensemble's list, against popularity bias (ours). 0: none. More than 0 needs at least two teachers.",
  }),
  observedK: int({ default: 10, min: 0, max: 1000, help: 'Observed items per user.' }),
  ...curriculumShape,
  formulas: choice(['exact', 'published'], {
    default: 'exact',
    help: 'exact: exact sums, no clamps. published: rounding, clamps and comparisons as in the official code.',
  }),
  ...importanceOptions.shape,
});

export const hetcomp = distillationMethod({
  name: 'hetcomp',
  summary: 'HetComp: a curriculum from easy to hard along the training trajectories of several teachers',
  source: 'Kang et al., Distillation from heterogeneous models for top-k recommendation, WWW 2023',
  needs: { teachers: 'many', form: 'trajectory', base: 'either', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.01) },
  options: hetcompOptions,
  small: { topK: 10, observedK: 2, discrepancyK: 4, period: 1 },
  // Sums over the whole catalogue have smooth gradients, so a large learning rate is safe. Results are poor before the curriculum ends.
  studentDefaults: { learningRate: 0.02, l2: 0.00001, epochs: 300 },
  // The easy checkpoints make a student that has already been distilled worse (docs/results/continue.md).
  continueDefaults: { trajectoryLength: 1 },
  check: ({ base, lambda, transfer, fineWeight }) =>
    refuseNoLoss('hetcomp', base, transfer === 'fine' ? { lambda, fineWeight } : { lambda }),
  fuses: (o) => o,
  create(context, o) {
    const { kernels: k, train } = context;
    refuseLoneTeacher(o.dissensus, context.teachers.length);
    const teachers = context.teachers.map((t) => thinned(t, o.trajectoryLength ?? t.checkpoints.length));
    const knowledge: KnowledgeOptions = o;
    const selection = newSelection(train.nUsers, teachers.length, train.trainUsers);
    const lists = createKnowledgeLists({ ...context, teachers }, o);
    const picker = createBatchUsers(context, o.lossUsers, 'hetcomp users');
    const step = createHetcompStep(context, lists, o, picker.most);
    const chosen = k.ints(picker.most);
    let fine: Uint8Array = new Uint8Array(train.nUsers);
    const settle = () => {
      lists.rebuild(selection);
      if (o.transfer === 'adaptive') fine = fineUsers(selection, teachers, o.formulas, o.switch);
      else fine.fill(o.transfer === 'fine' ? 1 : 0);
    };
    // With the rounding of the official code, constructions end at the switch. With a switch per user they go on to its last checkpoint.
    const finished = () =>
      selection.started && allReached(selection, teachers, o.switch === 'all' ? o.formulas : 'exact');
    const counted = () => selection.users.reduce((sum, u) => sum + fine[u]!, 0);
    // Results during the curriculum say little about the final result, so patience counts from its end.
    const waitsFor = (change: boolean) => ({ restartPatience: o.formulas === 'exact' && (change || !finished()) });
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
        const distances = meanDiscrepancy(student, teachers, o, selection.users);
        context.report(epoch, {
          fine: now / selection.users.length,
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

/** @throws RecdistillError `needs-not-met` for dissensus of one teacher */
function refuseLoneTeacher(dissensus: number, teachers: number): void {
  if (dissensus === 0 || teachers > 1) return;
  fail('needs-not-met', {
    problem: `hetcomp with dissensus ${dissensus} needs teachers that can disagree, and one teacher was given`,
    hint: 'Give at least two teachers, or set dissensus to 0.',
  });
}
