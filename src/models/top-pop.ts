/** Popularity: score(u, i) = number of train interactions of item i, for every user. The weakest baseline. */

import { itemCounts } from '../data/interactions.js';
import { options } from '../options/options.js';
import { computedModel } from './_model.js';

export const topPop = computedModel({
  name: 'top-pop',
  summary: 'Most popular items, the same for all users',
  source: 'the usual baseline',
  options: options({}),
  search: {},
  capabilities: [],
  memory: ({ nItems }) => nItems * 4,
  async create({ train, step }) {
    const counts = itemCounts(train);
    await step(1, 1);
    return {
      name: 'top-pop',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters: [],
      size: train.nItems,
      scoreRows(users, out) {
        for (let r = 0; r < users.length; r++) out.set(counts, r * train.nItems);
      },
      close() {},
    };
  },
});
