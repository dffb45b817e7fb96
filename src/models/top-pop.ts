/** Popularity: score(u, i) = number of train interactions of item i, for every user. The weakest baseline. */

import { itemCounts } from '../data/interactions.js';
import type { Floats } from '../kernels/index.js';
import { options } from '../options/options.js';
import { computedModel } from './_model.js';

export const topPop = computedModel({
  name: 'top-pop',
  summary: 'Most popular items, the same for all users',
  source: 'the usual baseline',
  options: options({}),
  search: {},
  capabilities: ['histories'],
  cannotTeach: 'it ranks the same items for every user',
  memory: ({ nItems }) => nItems * 4,
  async create({ train, step }) {
    const counts = itemCounts(train);
    await step(1, 1);
    const score = (rows: number, out: Floats) => {
      for (let r = 0; r < rows; r++) out.set(counts, r * train.nItems);
    };
    return {
      name: 'top-pop',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters: [],
      size: train.nItems,
      scoreRows: (users, out) => score(users.length, out),
      histories: { score: (given, out) => score(given.rows, out) },
      close() {},
    };
  },
});
