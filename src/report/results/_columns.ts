/** Columns and cells shared by several tables. */
import { type ComparisonRow, metricRegistry } from '../../eval/index.js';
import type { Cost } from '../../runs/outcome.js';
import type { Column, ColumnKind, Row } from '../table/index.js';

export const column = (id: string, title: string, kind: ColumnKind, meaning?: string): Column => ({
  ...{ id, title, kind },
  ...(meaning === undefined ? {} : { meaning }),
});

export const textColumns = (ids: readonly string[]): Column[] => ids.map((id) => column(id, id, 'text'));

/** Each metric at each K: `recall@10`, `recall@50`, `ndcg@10`, `ndcg@50`. */
export const keysOf = (names: readonly string[], at: readonly number[]): string[] => [
  ...new Set(names.flatMap((name) => at.map((k) => `${name}@${k}`))),
];

/**
 * Recall and NDCG at each K, by K: `recall@10`, `ndcg@10`, `recall@50`, `ndcg@50`.
 * @param selectBy the metric that selected the epochs; the last key if it is another one
 */
export const accuracyKeys = (at: readonly number[], selectBy?: string): string[] => [
  ...new Set([...at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`]), ...(selectBy === undefined ? [] : [selectBy])]),
];

/** `R@50` for `recall@50`, by the label of the metric. */
export function shortName(key: string): string {
  const [name = '', k] = key.split('@');
  const metric = metricRegistry.all().find((m) => m.name === name);
  return `${metric?.label ?? name}@${k}`;
}

/** A column for each metric. @param prefix of the ids and the titles, such as `hidden` */
export const metricColumns = (keys: readonly string[], titleOf = (key: string) => key, prefix = ''): Column[] =>
  keys.map((key) => {
    const [name = '', k] = key.split('@');
    const metric = metricRegistry.all().find((m) => m.name === name);
    const title = prefix === '' ? titleOf(key) : `${prefix} ${titleOf(key)}`;
    return column(prefix === '' ? key : `${prefix}_${key}`, title, 'metric', metric && `${metric.formula}; K = ${k}`);
  });

export const metricCells = (
  keys: readonly string[],
  values: Readonly<Record<string, number>> | undefined,
  prefix = '',
): Row['cells'] => Object.fromEntries(keys.map((key) => [prefix === '' ? key : `${prefix}_${key}`, values?.[key]]));

/** The cost of a model. */
export const costColumns: readonly Column[] = [
  column('parameters', 'parameters', 'count', 'Number of values that scoring needs.'),
  column(
    'bundleBytes',
    'bundle',
    'bytes',
    'What is deployed: files of the student bundle with parameters, ids, names and histories, in f32. Empty for a model without a bundle.',
  ),
  column(
    'latencyMicroseconds',
    'top 10 in',
    'microseconds',
    'Median time for the exact top 10 of a user on one thread.',
  ),
  column('seconds', 'training', 'seconds', 'Duration of the training.'),
];

export const costCells = ({ parameters, bundleBytes, latencyMicroseconds, seconds }: Partial<Cost>): Row['cells'] => ({
  ...{ parameters, bundleBytes, latencyMicroseconds, seconds },
});

/** The known costs of a run; absent where they are not known. */
export const costOf = ({ bytes, ...cost }: Partial<Cost>): Partial<Cost> =>
  Object.fromEntries(Object.entries({ ...costCells(cost), bytes }).filter(([, value]) => value !== undefined));

/** Columns of `differenceCells`. */
export const differenceColumns: readonly Column[] = [
  column('difference', 'difference', 'difference', 'The mean of this run minus the mean of the base.'),
  column('relative', 'relative', 'percent', 'The difference as a share of the mean of the base.'),
  column('interval', '95 % interval', 'interval', 'Bootstrap interval of the difference.'),
  column('adjustedP', 'adjusted p', 'p-value', 'p-value of the paired test, adjusted over all tests of the table.'),
];

export const differenceCells = (c: ComparisonRow): Row['cells'] => ({
  ...{ difference: c.difference, relative: c.relativeDifference, interval: c.interval, adjustedP: c.adjustedP },
});
