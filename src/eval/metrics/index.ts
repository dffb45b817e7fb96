/** Every metric by its public name. A new one is a file in this folder and a line here. */
import { fail } from '../../errors.js';
import type { Metric } from './_metric.js';
import { bdHitRate, bdNdcg } from './bd-compat.js';
import { coverage } from './coverage.js';
import { gini } from './gini.js';
import { hitRate } from './hit-rate.js';
import { map } from './map.js';
import { mrr } from './mrr.js';
import { ndcg } from './ndcg.js';
import { popularity } from './popularity.js';
import { precision } from './precision.js';
import { recall } from './recall.js';

export const metrics = {
  recall,
  precision,
  ndcg,
  'hit-rate': hitRate,
  mrr,
  map,
  coverage,
  gini,
  popularity,
  'bd-hit-rate': bdHitRate,
  'bd-ndcg': bdNdcg,
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** What is evaluated when nothing is asked for: the usual definitions, without the compatible variants. */
export const defaultMetrics: readonly MetricName[] = [
  'recall',
  'precision',
  'ndcg',
  'hit-rate',
  'mrr',
  'map',
  'coverage',
  'gini',
  'popularity',
];

/**
 * The metric called `name`.
 * @throws RecdistillError `unknown-name`, listing the known ones
 */
export function findMetric(name: string): Metric {
  if (!Object.hasOwn(metrics, name)) {
    fail('unknown-name', { kind: 'metric', given: name, known: Object.keys(metrics).join(', ') });
  }
  return metrics[name as MetricName];
}
