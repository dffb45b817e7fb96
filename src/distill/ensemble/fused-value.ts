/** The value on valid of teachers that are fused with weights, for each of many weights. */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Evaluator } from '../../eval/evaluation.js';
import type { UserMetric } from '../../eval/metrics/_metric.js';
import { metricOf } from '../../eval/metrics/index.js';
import { fuseInParts } from './fuse.js';
import { type ImportanceOptions, rankImportance } from './importance.js';

export interface ValidPart {
  /** Relevant interactions of valid. */
  readonly valid: Interactions;
  readonly evaluator: Pick<Evaluator, 'mask' | 'depth' | 'valid' | 'select' | 'selectBy'>;
}

/**
 * The value of the selection metric on valid of the lists fused with `weights`, one for each of `lists`: what the evaluator gives for
 * `fuseRankings` with these weights. Yields the completed share.
 */
export type FusedValue = (weights: readonly number[]) => Generator<number, number>;

/** @param lists one per member, over the same users and items, with items of valid among the candidates */
export function createFusedValue(lists: readonly Rankings[], o: ImportanceOptions, part: ValidPart): FusedValue {
  const [name = '', k] = part.evaluator.selectBy.split('@');
  const metric = metricOf(name);
  return metric.kind === 'user' ? byHits(lists, o, part, metric, Number(k)) : byLists(lists, o, part);
}

/** Metrics over all lists need the lists themselves. */
const byLists = (lists: readonly Rankings[], o: ImportanceOptions, { evaluator }: ValidPart): FusedValue =>
  function* (weights) {
    const fused = yield* fuseInParts(lists, o, evaluator.depth, { mask: evaluator.mask.valid, weights });
    return evaluator.select(evaluator.valid(fused));
  };

/** A metric of one user needs the ranks of its relevant items only. Counting the items before them is faster than sorting all. */
function byHits(
  lists: readonly Rankings[],
  o: ImportanceOptions,
  { valid, evaluator: { mask } }: ValidPart,
  metric: UserMetric,
  k: number,
): FusedValue {
  const { nUsers, nItems } = lists[0]!;
  const longest = Math.min(o.cutoff, Math.max(...lists.map((l) => l.depth)));
  const importance = Float64Array.from({ length: longest }, (_, r) => rankImportance(r, o.temperature, o.cutoff));
  const sum = new Float64Array(nItems);
  // hidden[i] === user + 1 means that item i is masked for this user.
  const hidden = new Int32Array(nItems);
  const touched = new Int32Array(nItems);
  const hits = new Int32Array(k);
  return function* (weights) {
    hidden.fill(0);
    let [total, users] = [0, 0];
    for (let u = 0; u < nUsers; u++) {
      if (u % 1000 === 999) yield u / nUsers;
      const relevant = itemsOf(valid, u);
      if (relevant.length === 0) continue;
      for (const item of itemsOf(mask.valid, u)) hidden[item] = u + 1;
      let n = 0;
      for (const [m, own] of lists.entries()) {
        const list = rankingOf(own, u);
        const end = Math.min(list.length, longest);
        for (let r = 0; r < end; r++) {
          const value = importance[r]! * weights[m]!;
          const item = list[r]!;
          if (value === 0 || hidden[item] === u + 1) continue;
          if (sum[item] === 0) touched[n++] = item;
          sum[item]! += value;
        }
      }
      let found = 0;
      for (const item of relevant) {
        const own = sum[item]!;
        if (own === 0) continue;
        let rank = 0;
        for (let at = 0; at < n && rank < k; at++) {
          const other = touched[at]!;
          if (sum[other]! > own || (sum[other] === own && other < item)) rank += 1;
        }
        if (rank < k) hits[found++] = rank;
      }
      for (let at = 0; at < n; at++) sum[touched[at]!] = 0;
      total += metric.value(hits.slice(0, found).sort(), relevant.length, k);
      users += 1;
    }
    return total / users;
  };
}
