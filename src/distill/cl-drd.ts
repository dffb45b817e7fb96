/**
 * CL-DRD (Zeng et al., SIGIR 2022), a curriculum of increasingly fine order, designed for passages of a query and applied here to items of a
 * user. At first only the front of the teacher's list is ordered, followed by two coarse groups. At the end the whole list is ordered.
 * docs/methods/cl-drd.md lists our choices.
 */

import { rankingOf } from '../data/rankings.js';
import { lambdaRank } from '../losses/index.js';
import { stream } from '../math/random.js';
import { int, options } from '../options/options.js';
import { distillationMethod } from './_method.js';
import { lossUsersShape } from './batch-users.js';
import { oneRanking } from './one-ranking.js';
import { samplingShape, takenOf } from './sampling.js';
import { createListLoss } from './user-lists.js';
import { lossWeight, searchAround } from './weight.js';

/** Share of the list in the ordered front and in the middle group, per stage: 10 + 10 + 10, 20 + 5 + 5 and 30 of 30. */
const STAGES = [
  [1 / 3, 1 / 3],
  [2 / 3, 1 / 6],
  [1, 0],
] as const;
const [MIDDLE, LAST] = [-0.25, -0.5];

/** Labels of `topK` items, best first, in a stage from 0: 1 / rank in the front, one constant label per coarse group. */
export function curriculumLabels(stage: number, topK: number): Float64Array {
  const [front, middle] = STAGES[Math.min(stage, STAGES.length - 1)]!;
  const [inOrder, before] = [Math.round(front * topK), Math.round((front + middle) * topK)];
  return Float64Array.from({ length: topK }, (_, p) => (p < inOrder ? 1 / (p + 1) : p < before ? MIDDLE : LAST));
}

export const clDrd = distillationMethod({
  name: 'cl-drd',
  summary: "Curriculum learning: first the order at the top of the teacher's list, later that of the whole list",
  source: 'Zeng et al., Curriculum learning for dense retrieval distillation, SIGIR 2022',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.005) },
  options: options({
    lambda: lossWeight(0.005),
    ...lossUsersShape,
    topK: int({ default: 30, min: 2, max: 1000, help: "Items of the teacher's list per user." }),
    period: int({
      default: 30,
      min: 1,
      max: 10_000,
      help: 'Epochs in each of the first two stages of the curriculum.',
    }),
    ...samplingShape,
  }),
  small: { topK: 10, period: 1, candidates: 15 },
  create(context, o) {
    const { train, teachers, seed } = context;
    const rankings = oneRanking(teachers, train);
    const key = stream(seed, 'cl-drd top items');
    const labels = STAGES.map((_, stage) => curriculumLabels(stage, o.topK));
    const listLoss = createListLoss(context, o, {
      width: o.topK,
      fill(user, epoch, items) {
        const taken = takenOf(rankingOf(rankings, user).subarray(0, o.candidates), o, key, epoch, user);
        items.set(taken);
        return taken.length;
      },
      loss(_user, epoch, scores, gradient) {
        const stage = Math.min(Math.floor((epoch - 1) / o.period), STAGES.length - 1);
        return lambdaRank(scores, labels[stage]!, gradient, scores.length).loss;
      },
    });
    return { base: 'kept', ...listLoss };
  },
});
