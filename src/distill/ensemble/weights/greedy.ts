/**
 * Forward selection with repetition on valid: start without members, and add the member that improves the fused lists most, also one that is in
 * already. The weight of a member is how often it was added. (Caruana et al., Ensemble selection from libraries of models, ICML 2004.)
 */
import { type Addition, ensembleKind } from './_weights.js';

/** Smallest improvement, as a share of the value before. Smaller ones, and smaller differences of candidates, count as none. */
export const TOLERANCE = 0.0005;
/** Most additions. More change the shares of the members by less than 1 / 30. */
export const MOST = 30;

export const greedy = ensembleKind({
  name: 'greedy',
  summary: 'members are added one by one while the ensemble improves on valid; weights are counts',
  source: 'Caruana et al., Ensemble selection from libraries of models, ICML 2004',
  async weigh({ members, value }) {
    const counts = members.map(() => 0);
    const additions: Addition[] = [];
    let now = Number.NEGATIVE_INFINITY;
    while (additions.length < MOST) {
      const within = Number.isFinite(now) ? Math.abs(now) * TOLERANCE : 0;
      const tried: Addition[] = [];
      for (const [member, { value: alone }] of members.entries()) {
        const shares = counts.map((count, at) => (count + Number(at === member)) / (additions.length + 1));
        tried.push({ member, value: additions.length === 0 ? alone : await value(shares) });
      }
      const better = tried.filter((t) => t.value > now + within);
      if (better.length === 0) break;
      const most = Math.max(...better.map((t) => t.value));
      // Among members that are as good, the one with the fewest parameters. Seconds would differ from run to run.
      const tied = better.filter((t) => t.value >= most - Math.abs(most) * TOLERANCE);
      const costOf = ({ member }: Addition) => members[member]!.parameters ?? Number.POSITIVE_INFINITY;
      const added = tied.reduce((a, b) =>
        costOf(b) < costOf(a) || (costOf(b) === costOf(a) && b.value > a.value) ? b : a,
      );
      additions.push(added);
      counts[added.member]! += 1;
      now = added.value;
    }
    // No member has a value, so none can be chosen.
    if (additions.length === 0) return { weights: members.map(() => 1) };
    return { weights: counts.map((count) => count / additions.length), additions };
  },
});
