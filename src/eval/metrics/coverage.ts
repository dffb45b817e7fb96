import { listMetric } from './_metric.js';

/** Catalogue coverage: the share of items that occur in at least one list. Range [0, 1]. */
export const coverage = listMetric({
  name: 'coverage',
  label: 'Cov',
  formula: 'distinct items in the top-K lists / items in the catalogue',
  needsTrainCounts: false,
  value: ({ exposure }) => {
    let shown = 0;
    for (const times of exposure) if (times > 0) shown += 1;
    return shown / exposure.length;
  },
});
