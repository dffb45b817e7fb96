/**
 * Softmax distillation: cross-entropy of the student's scores, over all items, with the top of the teachers' fused list, plus the same over the
 * user's own items. docs/methods/softmax.md has the equations.
 */

import { freeRows, takeRows } from '../../kernels/index.js';
import { refuseIdle } from '../../options/idle.js';
import { choice, float, int, optionalInt, options } from '../../options/options.js';
import { logRange } from '../../options/search.js';
import { distillationMethod } from '../_method.js';
import { createBatchUsers, lossUsersShape } from '../batch-users.js';
import { advance, allReached, newSelection, progressOf, thinned } from '../curriculum/knowledge.js';
import { curriculumShape } from '../curriculum/options.js';
import { importanceOptions } from '../ensemble/index.js';
import { refuseNoLoss } from '../loss-left.js';
import { lossWeight, searchAround } from '../weight.js';
import { createSoftmaxLists } from './lists.js';
import { createSoftmaxStep } from './step.js';

export const softmax = distillationMethod({
  name: 'softmax',
  summary: 'Softmax cross-entropy over all items with the top items of the teachers',
  source:
    'Cross-entropy on rankings: Cao et al., Learning to rank: from pairwise approach to listwise approach, ICML 2007',
  needs: { teachers: 'many', form: 'trajectory', base: 'either', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.01), ownWeight: logRange(0.05, 2) },
  options: options({
    lambda: lossWeight(0.01),
    base: choice(['kept', 'replaced'], {
      default: 'replaced',
      help: "kept: the student's own loss is added. replaced: only the distillation loss is used.",
    }),
    ...lossUsersShape,
    topK: int({ default: 50, min: 1, max: 1000, help: "Items of the teachers' list." }),
    weights: choice(['log2', 'equal'], {
      default: 'log2',
      help: 'Weight of the item of rank r (from 1). log2: 1 / log2(r + 1). equal: 1.',
    }),
    scoreTemperature: float({ default: 1, above: 0, max: 1e6, help: "Divides the student's scores in the softmax." }),
    ownWeight: float({
      default: 0.5,
      min: 0,
      max: 1e6,
      help: "Weight of each of the user's own items, in a second softmax over all items.",
    }),
    lists: choice(['fused', 'each'], {
      default: 'fused',
      help: 'Lists of several teachers. fused: the list of their ensemble. each: every list, with the weight of its teacher.',
    }),
    curriculum: choice(['none', 'dynamic', 'fixed'], {
      default: 'none',
      help: 'Checkpoints of the teachers. none: the last. dynamic: as hetcomp, the next one for each user once the student is close enough. fixed: the next one in every construction.',
    }),
    ...curriculumShape,
    remainder: optionalInt({
      min: 1,
      max: 1_000_000,
      help: 'Remaining items sampled per user and epoch, for large catalogues. Default: all remaining items.',
    }),
    ...importanceOptions.shape,
    temperature: float({
      default: 10,
      above: 0,
      max: 1e6,
      help: 'Importance of rank r (from 0) in the ensemble is exp(-r / temperature).',
    }),
  }),
  small: { topK: 10, curriculum: 'dynamic', discrepancyK: 4, period: 1 },
  // Chosen on valid of CiteULike. Sums over the whole catalogue have smooth gradients, so a large learning rate is safe.
  studentDefaults: { learningRate: 0.01, l2: 0.00001, epochs: 250 },
  // As for hetcomp: easy checkpoints make a student that has already been distilled worse.
  continueDefaults: { trajectoryLength: 1 },
  check(o) {
    refuseNoLoss('softmax', o.base, { lambda: o.lambda });
    if (o.curriculum === 'dynamic') return;
    const { trajectoryLength, period, ...threshold } = options(curriculumShape).parse({});
    // `none` uses one checkpoint, whether its number is given or not.
    const one = o.trajectoryLength === 1 ? {} : { trajectoryLength };
    const idle = o.curriculum === 'none' ? { ...one, period, ...threshold } : threshold;
    refuseIdle('softmax', o, idle, `the curriculum ${o.curriculum}`);
  },
  fuses: (o) => o,
  create(given, o) {
    const { kernels: k, train } = given;
    const teachers = given.teachers.map((t) => thinned(t, o.trajectoryLength ?? t.checkpoints.length));
    const context = { ...given, teachers };
    const selection = newSelection(train.nUsers, teachers.length, train.trainUsers);
    if (o.curriculum === 'none')
      for (let at = 0; at < selection.selected.length; at++)
        selection.selected[at] = teachers[at % teachers.length]!.checkpoints.length - 1;
    const knowledge = {
      ...o,
      construction: o.curriculum === 'fixed' ? ('fixed' as const) : ('dynamic' as const),
      formulas: 'exact' as const,
    };
    const own = takeRows(k, { columns: train.nItems, indptr: train.indptr, indices: train.indices });
    const lists = createSoftmaxLists(context, own, o);
    const picker = createBatchUsers(context, o.lossUsers, 'softmax users');
    const taught = () => {
      const listed = lists.take(selection);
      return { listed, step: createSoftmaxStep(context, own, listed, o, picker.most) };
    };
    let now = taught();
    const free = () => {
      now.step.close();
      freeRows(k, now.listed);
    };
    const rebuild = () => {
      free();
      now = taught();
    };
    const finished = () => allReached(selection, teachers, 'exact');
    return {
      base: o.base,
      accumulate: (batch) => o.lambda * now.step.accumulate(picker.pick(batch), o.lambda, batch),
      ...(o.curriculum !== 'none' && {
        async afterEpoch(epoch: number) {
          // Results during the curriculum say little about the final result, so patience counts from its end.
          const before = finished();
          if (epoch % o.period === 0 && !before) {
            advance(selection, await context.rankStudent(o.discrepancyK), teachers, knowledge, epoch);
            rebuild();
            const shares = progressOf(selection, teachers);
            context.report(epoch, { teachers: teachers.map((t, x) => ({ teacher: t.teacher, share: shares[x] })) });
          }
          return { restartPatience: !before };
        },
        save: () => ({
          started: selection.started,
          selected: [...selection.selected],
          distance: [...selection.distance],
        }),
        load(state: unknown) {
          const s = state as { started: boolean; selected: number[]; distance: number[] };
          selection.started = s.started;
          selection.selected.set(s.selected);
          selection.distance.set(s.distance);
          rebuild();
        },
      }),
      close() {
        free();
        picker.close();
        lists.close();
        freeRows(k, own);
      },
    };
  },
});
