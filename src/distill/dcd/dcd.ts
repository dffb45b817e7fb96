/**
 * DCD, dual correction distillation (Lee and Kim, CIKM 2021): the loss of RRD on the student's current errors. Items that the student ranks
 * lower than the teacher should come first, in the teacher's order, before items that it ranks higher. User side only. docs/methods/dcd.md
 * lists our choices.
 */

import { rankingOf } from '../../data/rankings.js';
import { plackettLuce } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import { float, int, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { lossUsersShape } from '../batch-users.js';
import { drawWeighted } from '../draw.js';
import { oneRanking } from '../one-ranking.js';
import { samplingShape } from '../sampling.js';
import { createListLoss } from '../user-lists.js';
import { lossWeight, searchAround } from '../weight.js';
import { DCD_CAP, rankGap, ranksOf } from './weights.js';

export const dcd = distillationMethod({
  name: 'dcd',
  summary: 'Dual correction distillation: a ranking loss on items that the student ranks too low or too high',
  source: 'Lee and Kim, Dual correction strategy for ranking distillation in top-n recommender system, CIKM 2021',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.005) },
  options: options({
    lambda: lossWeight(0.005),
    ...lossUsersShape,
    topK: int({
      default: 40,
      min: 1,
      max: 1000,
      help: 'Underestimated items per user, and as many overestimated ones.',
    }),
    period: int({ default: 1, min: 1, max: 10_000, help: "Epochs between two updates of the student's ranking." }),
    sampling: samplingShape.sampling,
    candidates: samplingShape.candidates,
    temperature: float({
      default: 10,
      above: 0,
      max: 1e6,
      help: 'With sampling, items are sampled in proportion to tanh(difference of ranks / temperature).',
    }),
  }),
  small: { topK: 10, period: 1 },
  async create(context, o) {
    const { train, teachers, seed } = context;
    const rankings = oneRanking(teachers, train);
    const width = Math.min(o.candidates, rankings.depth);
    // Beyond 20 temperatures tanh is 1 in float64, so deeper ranks of the student make no difference.
    const depth = Math.min(train.nItems, width + Math.ceil(20 * o.temperature));
    const ranks = new Int32Array(train.nUsers * width);
    const places = new Int32Array(train.nItems).fill(-1);
    const listOf = (user: number) => rankingOf(rankings, user).subarray(0, width);
    const update = async () => {
      const student = await context.rankStudent(depth);
      for (let u = 0; u < train.nUsers; u++) ranks.set(ranksOf(listOf(u), rankingOf(student, u), places), u * width);
    };
    await update();
    const choose = o.sampling === 'none' ? mostApart : drawn(o.temperature, seed);
    const listLoss = createListLoss(context, o, {
      width: 2 * o.topK,
      fill(user, epoch, items) {
        const list = listOf(user);
        const { under, over } = choose(ranks.subarray(user * width, user * width + list.length), o.topK, epoch, user);
        [...under, ...over].forEach((position, n) => {
          items[n] = list[position]!;
        });
        return under.length + over.length;
      },
      loss(user, _epoch, scores, gradient) {
        return plackettLuce(scores, gradient, Math.min(o.topK, listOf(user).length), scores.length, DCD_CAP);
      },
    });
    return {
      base: 'kept',
      ...listLoss,
      tables: [{ name: 'ranks', values: ranks }],
      async afterEpoch(epoch) {
        if (epoch % o.period === 0) await update();
        return { restartPatience: false };
      },
    };
  },
});

/** Larger than any rank, so that no key is negative. Times a list length of 1000 it is still exact. */
const OFFSET = 2 ** 32;

/** Selects positions in the teacher's list, given the student's ranks of its items. */
type Choose = (
  ranks: Int32Array,
  topK: number,
  epoch: number,
  user: number,
) => { readonly under: Int32Array; readonly over: Int32Array };

/** The items that the student underestimates most, in the teacher's order, and those that it overestimates most. */
const mostApart: Choose = (ranks, topK) => {
  // Sorting numbers is several times faster than sorting with a comparison function. Key: rank difference, then position.
  const n = ranks.length;
  const keys = Float64Array.from(ranks, (rank, position) => (position - rank + OFFSET) * n + position).sort();
  const positions = Int32Array.from(keys, (key) => key % n);
  const under = positions.slice(0, topK).sort();
  return { under, over: positions.slice(under.length).reverse().slice(0, topK) };
};

/** Both kinds sampled; an item may be sampled in both. */
function drawn(temperature: number, seed: number): Choose {
  const keys = ['dcd under-estimated', 'dcd over-estimated'].map((purpose) => stream(seed, purpose));
  return (ranks, topK, epoch, user) => {
    const under = Float64Array.from(ranks, (rank, place) => Math.log(rankGap(rank, place, temperature)));
    const over = Float64Array.from(ranks, (rank, place) => Math.log(rankGap(place, rank, temperature)));
    return {
      under: drawWeighted(under, topK, keys[0]!, epoch, user),
      over: drawWeighted(over, topK, keys[1]!, epoch, user),
    };
  };
}
