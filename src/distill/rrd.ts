/**
 * RRD, relaxed ranking distillation (Kang et al., DE-RRD, CIKM 2020): the teacher's order of its top items, above random other items whose
 * order does not matter. docs/methods/rrd.md lists our choices.
 */

import { itemsOf } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import { plackettLuce } from '../losses/index.js';
import { stream } from '../math/random.js';
import { int, options } from '../options/options.js';
import { distillationMethod } from './_method.js';
import { lossUsersShape } from './batch-users.js';
import { createDrawOutside } from './draw.js';
import { oneRanking } from './one-ranking.js';
import { samplingShape, takenOf } from './sampling.js';
import { createListLoss } from './user-lists.js';
import { lossWeight, searchAround } from './weight.js';

export const rrd = distillationMethod({
  name: 'rrd',
  summary: 'Relaxed ranking distillation: a listwise loss on the order of the top items of the teacher',
  source: 'Kang et al., DE-RRD: a knowledge distillation framework for recommender system, CIKM 2020',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.02) },
  options: options({
    lambda: lossWeight(0.02),
    ...lossUsersShape,
    topK: int({ default: 40, min: 1, max: 1000, help: "Ordered items of the teacher's list." }),
    remainder: int({
      default: 40,
      min: 0,
      max: 1000,
      help: "Items that should be ranked below them, sampled in each epoch from items that are neither the user's nor candidates.",
    }),
    ...samplingShape,
  }),
  small: { topK: 10, candidates: 15 },
  create(context, o) {
    const { train, teachers, seed } = context;
    const rankings = oneRanking(teachers, train);
    const key = stream(seed, 'rrd top items');
    const draw = createDrawOutside(train.nItems, stream(seed, 'rrd remainder'));
    const listLoss = createListLoss(context, o, {
      width: o.topK + o.remainder,
      fill(user, epoch, items) {
        const list = rankingOf(rankings, user).subarray(0, o.candidates);
        const taken = takenOf(list, o, key, epoch, user);
        items.set(taken);
        const rest = items.subarray(taken.length, taken.length + o.remainder);
        return taken.length + draw(epoch, user, [itemsOf(train, user), list], rest);
      },
      loss(user, _epoch, scores, gradient) {
        const ranked = Math.min(o.topK, o.candidates, rankingOf(rankings, user).length);
        return plackettLuce(scores, gradient, ranked, scores.length);
      },
    });
    return { base: 'kept', ...listLoss };
  },
});
