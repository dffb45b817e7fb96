/**
 * UnKD (WSDM 2023): pairs of items in the teacher's order, each pair within a group of items of similar popularity, so that the student does not learn
 * that popular items come first. docs/methods/unkd.md has the equations and our choices.
 */
import { itemCounts } from '../../data/interactions.js';
import { popularityGroups } from '../../data/popularity-groups.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { fail } from '../../errors.js';
import { pairOrderLoss } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import { choice, float, int, options } from '../../options/options.js';
import { distillationMethod } from '../_method.js';
import { lossRowsShape } from '../batch-users.js';
import { createListLoss } from '../user-lists.js';
import { lossWeight, searchAround } from '../weight.js';
import { createPairDraws, pairsPerGroup } from './draws.js';
import { groupRankings } from './lists.js';

export const unkd = distillationMethod({
  name: 'unkd',
  summary: "Unbiased distillation: the teacher's order of items within groups of similar popularity",
  source: 'UnKD: Unbiased knowledge distillation for recommendation, WSDM 2023',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(10) },
  options: options({
    lambda: lossWeight(10),
    ...lossRowsShape,
    groups: int({
      default: 4,
      min: 1,
      max: 1000,
      help: 'Groups of items, by number of train interactions; each has about equally many interactions. 1: popularity makes no difference.',
    }),
    pairs: int({
      default: 30,
      min: 1,
      max: 2000,
      help: 'Pairs per user, sampled again in each epoch and divided among the groups.',
    }),
    temperature: float({
      default: 20,
      above: 0,
      max: 1e6,
      help: "Positions of a pair are sampled in proportion to exp(-position / temperature) from the user's list of a group.",
    }),
    candidates: int({ default: 200, min: 2, max: 100_000, help: "Length of a user's list of a group." }),
    allocation: choice(['even', 'rounded'], {
      default: 'even',
      help: 'Pairs of each group. even: equally many, up to one. rounded: rounded up or down as in published code, so there can be more pairs in all.',
    }),
  }),
  small: { groups: 2, pairs: 6, candidates: 12 },
  async create(context, o) {
    const { train, seed } = context;
    const groups = popularityGroups(itemCounts(train), o.groups);
    const rankings = await groupRankings(context, groups, o.candidates);
    const draws = createPairDraws(stream(seed, 'unkd pairs'), o.temperature);
    const allocation = pairsPerGroup(o.pairs, groups.length, o.allocation);
    const most = allocation.reduce((a, b) => a + b, 0);
    refuseNoPairs(rankings, train.nUsers);
    const listLoss = createListLoss(context, o, {
      width: 2 * most,
      fill(user, epoch, items) {
        const lists = rankings.map((ranking) => rankingOf(ranking, user));
        if (lists.every((list) => list.length < 2)) return 0;
        let pair = 0;
        allocation.forEach((count, g) => {
          // The pairs of a group without two candidates go to the next one that has two.
          let from = g;
          while (lists[from]!.length < 2) from = (from + 1) % lists.length;
          const list = lists[from]!;
          for (let end = pair + count; pair < end; pair++) {
            const [better, worse] = draws.draw(list.length, epoch, user, pair);
            items[2 * pair] = list[better]!;
            items[2 * pair + 1] = list[worse]!;
          }
        });
        return 2 * pair;
      },
      loss: (_user, _epoch, scores, gradient) => pairOrderLoss(scores, gradient),
    });
    return {
      base: 'kept',
      ...listLoss,
      afterEpoch(epoch) {
        // Skewed data gives other numbers of groups than asked for.
        if (epoch === 1) context.report(epoch, { groups: groups.map((items) => items.length) });
        return { restartPatience: false };
      },
    };
  },
});

/** @throws RecdistillError `needs-not-met` if no user has a pair */
function refuseNoPairs(rankings: readonly Rankings[], nUsers: number): void {
  for (let user = 0; user < nUsers; user++) if (rankings.some((r) => rankingOf(r, user).length >= 2)) return;
  fail('needs-not-met', {
    problem:
      "unkd needs two of a user's unobserved items in a group of items of similar popularity, and no user has them in the lists of the teachers",
    hint: 'Choose fewer groups, teachers with longer lists, or teachers with embeddings, which rank every item.',
  });
}
