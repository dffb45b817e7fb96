/**
 * RD, ranking distillation (Tang and Wang, KDD 2018): the teacher's top unobserved items are additional positives. They are weighted by
 * position and, after some epochs, by how much lower the student ranks them. docs/methods/rd.md lists our choices.
 */

import { itemsOf } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import { approximateRank, dynamicWeight, positionWeights, weightedPositives } from '../losses/index.js';
import { stream } from '../math/random.js';
import { float, int, options } from '../options/options.js';
import { distillationMethod } from './_method.js';
import { lossUsersShape } from './batch-users.js';
import { createDrawOutside } from './draw.js';
import { oneRanking } from './one-ranking.js';
import { createListLoss } from './user-lists.js';
import { lossWeight, searchAround } from './weight.js';

export const rd = distillationMethod({
  name: 'rd',
  summary: 'Ranking distillation: the top items of the teacher are additional positives',
  source: 'Tang and Wang, Ranking distillation, KDD 2018',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(10) },
  options: options({
    lambda: lossWeight(10),
    ...lossUsersShape,
    topK: int({ default: 10, min: 1, max: 1000, help: "Items of the teacher's list that are used as positives." }),
    temperature: float({
      default: 1,
      above: 0,
      max: 1e6,
      help: 'The weight of the item of rank r is proportional to exp(-r / temperature).',
    }),
    dynamicFrom: int({
      default: 10,
      min: 1,
      max: 100_000,
      help: 'First epoch in which items are also weighted by how much lower the student ranks them.',
    }),
    slope: float({
      default: 0.1,
      above: 0,
      max: 1e6,
      help: "Slope of that weight: max(0, tanh(slope * (student's rank - teacher's rank))).",
    }),
    samples: int({
      default: 100,
      min: 1,
      max: 10_000,
      help: "Unobserved items from which the student's rank is estimated, sampled in each epoch.",
    }),
  }),
  small: { topK: 10, dynamicFrom: 2, samples: 8 },
  create(context, o) {
    const { train, teachers, seed } = context;
    const rankings = oneRanking(teachers, train);
    const draw = createDrawOutside(train.nItems, stream(seed, 'rd samples'));
    const takenOf = (user: number) => rankingOf(rankings, user).subarray(0, o.topK);
    const full = positionWeights(o.topK, o.temperature);
    const weights = new Float64Array(o.topK);
    const listLoss = createListLoss(context, o, {
      width: o.topK + o.samples,
      fill(user, epoch, items) {
        const taken = takenOf(user);
        items.set(taken);
        if (epoch < o.dynamicFrom) return taken.length;
        const samples = items.subarray(taken.length, taken.length + o.samples);
        return taken.length + draw(epoch, user, [itemsOf(train, user)], samples);
      },
      loss(user, epoch, scores, gradient) {
        const n = takenOf(user).length;
        weights.set(n === o.topK ? full : positionWeights(n, o.temperature));
        if (epoch >= o.dynamicFrom) {
          const samples = scores.subarray(n);
          for (let p = 0; p < n; p++)
            weights[p]! *= dynamicWeight(approximateRank(scores[p]!, samples, train.nItems), p, o.slope);
        }
        gradient.fill(0, n);
        return weightedPositives(scores, weights, gradient, n);
      },
    });
    return { base: 'kept', ...listLoss };
  },
});
