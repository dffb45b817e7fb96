import { rankingOf } from '../../data/rankings.js';
import { listMetric } from './_metric.js';

/**
 * Mean popularity of recommended items, in train interactions per item, >= 0. Users with an empty list are excluded. NaN
 * if all lists are empty.
 */
export const popularity = listMetric({
  name: 'popularity',
  label: 'Pop',
  formula: 'mean over users of the mean number of train interactions of the items in their top-K list',
  needsTrainCounts: true,
  value: ({ rankings, users, k, trainCounts }) => {
    let sum = 0;
    let lists = 0;
    for (const user of users) {
      const list = rankingOf(rankings, user);
      const length = Math.min(k, list.length);
      if (length === 0) continue;
      let interactions = 0;
      for (let p = 0; p < length; p++) interactions += trainCounts[list[p]!]!;
      sum += interactions / length;
      lists += 1;
    }
    return sum / lists;
  },
});
