/** Every member has the same weight. */
import { ensembleKind } from './_weights.js';

export const equal = ensembleKind({
  name: 'equal',
  summary: 'every member has the same weight',
  source: 'Kang et al., Distillation from heterogeneous models for top-k recommendation, WWW 2023',
  weigh: ({ members }) => ({ weights: members.map(() => 1) }),
});
