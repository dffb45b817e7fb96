/** The metrics that the published code of BD prints, only to compare with its reported values (docs/methods/bd.md). */
import { type Dataset, itemsOf } from '../../data/interactions.js';
import { metrics } from '../../eval/metrics/index.js';
import { freeRows, type Kernels, takeRows } from '../../kernels/index.js';
import type { Model } from '../../models/_model.js';
import { publishedObserved } from './weights.js';

/** List lengths in its tables. */
const LENGTHS = [50, 100, 200];
/** Maximum number of scores in memory: 16 MB. */
const BLOCK = 4_000_000;

/**
 * `bd-hit-rate` and `bd-ndcg` at 50, 100 and 200 on test, as means over users with a test item. Train items are candidates with score 0, valid
 * items are candidates, and ties go to the higher item id.
 */
export function publishedMetrics(k: Kernels, model: Model, { train, test }: Dataset): Record<string, number> {
  const { nItems } = train;
  const evaluated = Array.from({ length: test.nUsers }, (_, u) => u).filter((u) => itemsOf(test, u).length > 0);
  const perBlock = Math.max(1, Math.min(evaluated.length, Math.floor(BLOCK / nItems)));
  const mask = takeRows(k, { columns: nItems, indptr: train.indptr, indices: train.indices });
  const [users, scores, ranks] = [k.ints(perBlock), k.floats(perBlock * nItems), k.ints(perBlock * nItems)];
  const lengths = LENGTHS.filter((length) => length <= nItems);
  const kinds = [metrics['bd-hit-rate'], metrics['bd-ndcg']].flatMap((metric) =>
    lengths.map((length) => ({ metric, length, sum: 0 })),
  );
  for (let start = 0; start < evaluated.length; start += perBlock) {
    const n = Math.min(perBlock, evaluated.length - start);
    const block = users.subarray(0, n);
    block.set(evaluated.slice(start, start + n));
    model.scoreRows(block, scores);
    const maskedScore = publishedObserved(model.name);
    k.ranks(scores, n, nItems, { first: 'lowest', mask, maskRows: block, maskedScore }, ranks);
    for (let r = 0; r < n; r++) {
      // Ranks are counted from the lowest score, so the last rank is the first position.
      const places = itemsOf(test, block[r]!).map((item) => nItems - ranks[r * nItems + item]!);
      places.sort();
      for (const kind of kinds) {
        const hits = places.filter((place) => place < kind.length);
        kind.sum += kind.metric.value(hits, places.length, kind.length);
      }
    }
  }
  freeRows(k, mask);
  k.free(users, scores, ranks);
  return Object.fromEntries(
    kinds.map(({ metric, length, sum }) => [`${metric.name}@${length}`, sum / Math.max(1, evaluated.length)]),
  );
}
