/** The weight of a member is its own metric on valid: w_m = max(v_m, 0) / sum over members of max(v, 0). If all are 0, the weights are equal. */
import { ensembleKind } from './_weights.js';

export const valid = ensembleKind({
  name: 'valid',
  summary: "each member's weight is its metric on valid",
  source: 'recdistill',
  weigh({ members }) {
    const values = members.map(({ value }) => (Number.isFinite(value) ? Math.max(value, 0) : 0));
    return { weights: values.some((v) => v > 0) ? values : members.map(() => 1) };
  },
});
