/** The metrics that the published code of BD prints, only to compare with its reported values (docs/methods/bd.md). */
import { type Dataset, itemsOf, knownItems } from '../../data/interactions.js';
import { metrics } from '../../eval/metrics/index.js';
import type { Kernels } from '../../kernels/index.js';
import type { Model } from '../../models/_model.js';
import { rankTested } from '../../models/rank-tested.js';
import { publishedObserved } from './weights.js';

/** List lengths in its tables. */
const LENGTHS = [50, 100, 200];

/**
 * `bd-hit-rate` and `bd-ndcg` at 50, 100 and 200 on test, as means over users with a test item. Train items are candidates with score 0, valid
 * items are candidates, and ties go to the higher item id.
 */
export function publishedMetrics(k: Kernels, model: Model, dataset: Dataset): Record<string, number> {
  const { train, test, foldIn } = dataset;
  const { nItems } = train;
  const lengths = LENGTHS.filter((length) => length <= nItems);
  const kinds = [metrics['bd-hit-rate'], metrics['bd-ndcg']].flatMap((metric) =>
    lengths.map((length) => ({ metric, length, sum: 0 })),
  );
  const order = { first: 'lowest', maskedScore: publishedObserved(model.name) } as const;
  const nUsers = rankTested(
    k,
    model,
    test,
    knownItems(dataset),
    order,
    (user, ranks) => {
      // Ranks are counted from the lowest score, so the last rank is the first position.
      const places = itemsOf(test, user).map((item) => nItems - ranks[item]!);
      places.sort();
      for (const kind of kinds) {
        const hits = places.filter((place) => place < kind.length);
        kind.sum += kind.metric.value(hits, places.length, kind.length);
      }
    },
    foldIn,
  );
  return Object.fromEntries(
    kinds.map(({ metric, length, sum }) => [`${metric.name}@${length}`, sum / Math.max(1, nUsers)]),
  );
}
