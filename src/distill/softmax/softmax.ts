/**
 * Softmax distillation: cross-entropy of the student's scores, over all items, with the top of the teachers' fused list, plus the same over the
 * user's own items. docs/methods/softmax.md has the equations.
 */

import { freeRows } from '../../kernels/index.js';
import { choice, float, int, optionalInt, options } from '../../options/options.js';
import { logRange } from '../../options/search.js';
import { distillationMethod } from '../_method.js';
import { createBatchUsers, lossUsersShape } from '../batch-users.js';
import { importanceOptions } from '../ensemble/index.js';
import { searchAround } from '../weight-search.js';
import { softmaxLists } from './lists.js';
import { createSoftmaxStep } from './step.js';

export const softmax = distillationMethod({
  name: 'softmax',
  summary: 'Softmax cross-entropy over all items with the top items of the teachers',
  source:
    'Cross-entropy on rankings: Cao et al., Learning to rank: from pairwise approach to listwise approach, ICML 2007',
  needs: { teachers: 'many', form: 'frozen', base: 'either', student: ['scores'], teacher: [] },
  search: { lambda: searchAround(0.01), ownWeight: logRange(0.05, 2) },
  options: options({
    lambda: float({ default: 0.01, min: 0, max: 1e6, help: 'Weight of the distillation loss.' }),
    base: choice(['kept', 'replaced'], {
      default: 'replaced',
      help: "kept: the student's own loss is added. replaced: only the distillation loss is used.",
    }),
    ...lossUsersShape,
    topK: int({ default: 50, min: 1, max: 1000, help: "Items of the teachers' list." }),
    weights: choice(['log2', 'equal'], {
      default: 'log2',
      help: 'Weight of the item of rank r (from 1). log2: 1 / log2(r + 1). equal: 1.',
    }),
    scoreTemperature: float({ default: 1, above: 0, max: 1e6, help: "Divides the student's scores in the softmax." }),
    ownWeight: float({
      default: 0.5,
      min: 0,
      max: 1e6,
      help: "Weight of each of the user's own items, in a second softmax over all items.",
    }),
    lists: choice(['fused', 'each'], {
      default: 'fused',
      help: 'Lists of several teachers. fused: the list of their ensemble. each: every list, with equal shares.',
    }),
    remainder: optionalInt({
      min: 1,
      max: 1_000_000,
      help: 'Remaining items sampled per user and epoch, for large catalogues. Default: all remaining items.',
    }),
    ...importanceOptions.shape,
  }),
  small: { topK: 10 },
  // Sums over the whole catalogue have smooth gradients, so a large learning rate is safe.
  studentDefaults: { learningRate: 0.02, l2: 0.00001, epochs: 150 },
  create(context, o) {
    const { kernels: k } = context;
    const listed = softmaxLists(k, context, o);
    const picker = createBatchUsers(context, o.lossUsers, 'softmax users');
    const step = createSoftmaxStep(context, listed, o, picker.most);
    return {
      base: o.base,
      accumulate: (batch) => o.lambda * step.accumulate(picker.pick(batch), o.lambda, batch),
      close() {
        step.close();
        picker.close();
        freeRows(k, listed);
      },
    };
  },
});
