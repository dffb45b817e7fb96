/**
 * DCD, dual correction distillation (Lee and Kim, CIKM 2021): the loss of RRD on what the student gets wrong now. Items that it ranks worse than the
 * teacher are taught in order, in front of items that it ranks better. User side only; docs/methods/dcd.md says what is ours.
 */

import { rankingOf } from '../../data/rankings.js';
import { plackettLuce } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import { float, int, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { rowsShape } from '../batch-users.js';
import { drawWeighted } from '../draw.js';
import { oneRanking } from '../one-ranking.js';
import { samplingShape } from '../sampling.js';
import { createListLoss } from '../user-lists.js';
import { searchAround } from '../weight-search.js';
import { DCD_CAP, rankGap, ranksOf } from './weights.js';

export const dcd = distillationMethod({
  name: 'dcd',
  summary: 'What the student under-estimates before what it over-estimates, by its own ranking of now',
  source: 'Lee and Kim, Dual correction strategy for ranking distillation in top-n recommender system, CIKM 2021',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.005) },
  options: options({
    lambda: float({ default: 0.005, min: 0, max: 1e6, help: 'Weight of the distillation loss.' }),
    ...rowsShape,
    topK: int({ default: 40, min: 1, max: 1000, help: 'Items of either kind that a user is taught by.' }),
    period: int({ default: 1, min: 1, max: 10_000, help: "Epochs between two looks at the student's ranking." }),
    sampling: samplingShape.sampling,
    candidates: samplingShape.candidates,
    temperature: float({
      default: 10,
      above: 0,
      max: 1e6,
      help: 'With sampling, items are drawn in proportion to tanh(difference of ranks / temperature).',
    }),
  }),
  small: { topK: 10, period: 1 },
  async create(context, o) {
    const { train, teachers, seed } = context;
    const rankings = oneRanking(teachers, train);
    const width = Math.min(o.candidates, rankings.depth);
    // Beyond 20 temperatures tanh is 1 in all its digits, so that deeper ranks of the student say no more.
    const depth = Math.min(train.nItems, width + Math.ceil(20 * o.temperature));
    const ranks = new Int32Array(train.nUsers * width);
    const places = new Int32Array(train.nItems).fill(-1);
    const listOf = (user: number) => rankingOf(rankings, user).subarray(0, width);
    const look = async () => {
      const student = await context.rankStudent(depth);
      for (let u = 0; u < train.nUsers; u++) ranks.set(ranksOf(listOf(u), rankingOf(student, u), places), u * width);
    };
    await look();
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
        if (epoch % o.period === 0) await look();
        return { restartPatience: false };
      },
    };
  },
});

/** More than any rank, so that no key is negative; times a list of 1000 still exact. */
const OFFSET = 2 ** 32;

/** Chooses positions in the teacher's list, given the student's ranks of its items. */
type Choose = (
  ranks: Int32Array,
  topK: number,
  epoch: number,
  user: number,
) => { readonly under: Int32Array; readonly over: Int32Array };

/** The items that the student has fallen behind with most, in the teacher's order, and of the others those that it is ahead with most. */
const mostApart: Choose = (ranks, topK) => {
  // Numbers sort several times faster than positions by a comparison: how far in front, then the position.
  const n = ranks.length;
  const keys = Float64Array.from(ranks, (rank, position) => (position - rank + OFFSET) * n + position).sort();
  const positions = Int32Array.from(keys, (key) => key % n);
  const under = positions.slice(0, topK).sort();
  return { under, over: positions.slice(under.length).reverse().slice(0, topK) };
};

/** Both kinds as drawn; an item may be drawn as either. */
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
