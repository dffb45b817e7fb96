import { listMetric } from './_metric.js';

/** The share of the catalogue that is shown to anyone at all. Range [0, 1]. */
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
