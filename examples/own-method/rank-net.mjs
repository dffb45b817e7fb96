// Pairwise distillation with the loss of RankNet (Burges et al., ICML 2005): of two items in the teacher's list, the student
// should score the higher-ranked one higher. The loss of a user is the mean of log(1 + exp(-(s_a - s_b))) over all pairs a before b.
import * as kit from 'recdistill/toolkit';

const { float, int, itemsOf, options } = kit;

export const rankNet = kit.distillationMethod({
  name: 'rank-net',
  summary: "The teacher's order of its top items, pairwise, above random other items",
  source: 'Burges et al., Learning to rank using gradient descent, ICML 2005',
  needs: { teachers: 'one', form: 'frozen', base: 'kept', student: ['scores'], teacher: [] },
  options: options({
    lambda: float({ default: 1, min: 0, max: 1e6, help: 'Weight of the distillation loss.' }),
    ...kit.lossUsersShape,
    topK: int({ default: 20, min: 1, max: 1000, help: "Number of top items of the teacher's list." }),
    others: int({
      default: 10,
      min: 0,
      max: 1000,
      help: 'Random items that should be ranked below them, sampled in each epoch.',
    }),
  }),
  create(context, o) {
    const { train, teachers, seed } = context;
    const ranking = kit.oneRanking(teachers, train);
    const draw = kit.createDrawOutside(train.nItems, kit.stream(seed, 'rank-net others'));
    const topOf = (user) => kit.rankingOf(ranking, user).subarray(0, o.topK);
    const listLoss = kit.createListLoss(context, o, {
      width: o.topK + o.others,
      fill(user, epoch, items) {
        const top = topOf(user);
        items.set(top);
        const place = items.subarray(top.length, top.length + o.others);
        return top.length + draw(epoch, user, [itemsOf(train, user), top], place);
      },
      loss: (user, _epoch, scores, gradient) => pairwise(scores, gradient, topOf(user).length),
    });
    return { base: 'kept', ...listLoss };
  },
});

/** Loss and gradient. The first `ranked` scores are in the teacher's order and should be above all others. */
function pairwise(scores, gradient, ranked) {
  const n = scores.length;
  gradient.fill(0);
  const pairs = (ranked * (ranked - 1)) / 2 + ranked * (n - ranked);
  let loss = 0;
  for (let a = 0; a < ranked; a++) {
    for (let b = a + 1; b < n; b++) {
      const x = scores[a] - scores[b];
      const e = Math.exp(-Math.abs(x)); // no overflow, whatever the sign of x
      loss += Math.log1p(e) + Math.max(-x, 0);
      const derivative = (x >= 0 ? e : 1) / (1 + e) / pairs;
      gradient[a] -= derivative;
      gradient[b] += derivative;
    }
  }
  return pairs === 0 ? 0 : loss / pairs;
}
