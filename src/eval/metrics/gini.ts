import { listMetric } from './_metric.js';

/** Gini index of item exposure: 0 if all items occur equally often, near 1 if only a few occur. NaN if all lists are empty. */
export const gini = listMetric({
  name: 'gini',
  label: 'Gini',
  formula: 'sum_{i=1..N} (2i - N - 1) x_i / (N * sum x), x = ascending counts of all N items over the top-K lists',
  needsTrainCounts: false,
  value: ({ exposure }) => {
    const ascending = exposure.slice().sort();
    const nItems = ascending.length;
    let weighted = 0;
    let total = 0;
    for (let i = 0; i < nItems; i++) {
      weighted += (2 * (i + 1) - nItems - 1) * ascending[i]!;
      total += ascending[i]!;
    }
    return weighted / (nItems * total);
  },
});
