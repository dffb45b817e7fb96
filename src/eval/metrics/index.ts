/** The registry of metrics by public name. One file in this folder and one line here add one. */
import { createRegistry, type NameOr, type Registry } from '../../options/registry.js';
import { fieldProblem } from '../../options/unit-check.js';
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

/** The metrics of recdistill, by name. */
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

/** Metrics that are evaluated by default: the usual definitions, without the variants of published code. */
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

/** Built-in metrics, and those that users add. */
export const metricRegistry: Registry<Metric> = createRegistry<Metric>('metric', 'metric', metrics, metricProblem);

/** The metric of this name, or the metric itself. @throws as `Registry.find` */
export const metricOf = (given: NameOr<MetricName> | Metric): Metric => metricRegistry.find(given);

/** The names of the default metrics and of added ones. */
export const evaluatedMetrics = (): string[] => [...defaultMetrics, ...metricRegistry.added().map((m) => m.name)];

function metricProblem(given: Metric): string | undefined {
  const problem = fieldProblem(given, { label: 'text', formula: 'text', value: 'function' });
  if (problem !== undefined || given.kind === 'user') return problem;
  if (given.kind === 'lists') return fieldProblem(given, { needsTrainCounts: 'boolean' });
  return 'its field "kind" is neither "user" nor "lists"';
}
