/** A comparison as CSV: one line for each run and metric. */
import type { ComparisonRow, Evaluation } from '../../eval/index.js';
import { type Cost, metricsOf } from '../../runs/outcome.js';
import { type ResultTable, type Row, resultTable } from '../table/index.js';
import { column } from './_columns.js';
import type { NamedDifference, NamedTransfer, PopularRow } from './popularity.js';

interface Lines {
  readonly runs: readonly (Partial<Cost> & { readonly name: string; readonly evaluation: Evaluation })[];
  readonly keys: readonly string[];
  /** Name of the run that the others are compared with. */
  readonly base: string;
  readonly testOf: (run: string, key: string) => ComparisonRow | undefined;
  /** The mark of an adjusted p-value. */
  readonly markOf: (p: number) => string;
  readonly popularity:
    | { readonly runs: readonly PopularRow[]; readonly differences: readonly NamedDifference[] }
    | undefined;
  readonly transfer: { readonly ratios: readonly NamedTransfer[] } | undefined;
}

const TEXTS = ['run', 'metric', 'against', 'mark'];
const VALUES = ['run', 'metric', 'value', 'against', 'difference', 'percent', 'low', 'high', 'p', 'adjusted_p', 'mark'];
const COST = ['parameters', 'bytes', 'bundle_bytes', 'latency_us', 'training_seconds'];

export const comparisonLines = (given: Lines): ResultTable =>
  resultTable({
    columns: [...VALUES, ...COST].map((id) => column(id, id, TEXTS.includes(id) ? 'text' : 'metric')),
    rows: [...metricLines(given), ...popularityLines(given), ...transferLines(given)],
  });

const metricLines = ({ runs, keys, base, testOf, markOf }: Lines): Row[] =>
  runs.flatMap((r) => {
    const values = metricsOf(r.evaluation);
    const { parameters, bytes, bundleBytes: bundle_bytes } = r;
    const { latencyMicroseconds: latency_us, seconds: training_seconds } = r;
    return keys.map((key) => {
      const t = testOf(r.name, key);
      const tested = t && {
        ...{ against: base, difference: t.difference, percent: 100 * t.relativeDifference, ...t.interval },
        ...{ p: t.p, adjusted_p: t.adjustedP, mark: markOf(t.adjustedP) },
      };
      const cost = { parameters, bytes, bundle_bytes, latency_us, training_seconds };
      return { cells: { run: r.name, metric: key, value: values[key], ...tested, ...cost } };
    });
  });

/** The popularity lift of the base and the differences of the others. */
const popularityLines = ({ popularity, base }: Lines): Row[] => [
  ...(popularity?.runs ?? [])
    .filter(({ name }) => name === base)
    .flatMap(({ name, popularity: all }) =>
      all.map(({ k, lift }) => ({ cells: { run: name, metric: `popularity-lift@${k}`, value: lift.value } })),
    ),
  ...(popularity?.differences ?? []).map(({ name, metric, value, difference }) => ({
    cells: { run: name, metric, value, against: base, difference: difference.value, ...difference.interval },
  })),
];

const transferLines = ({ transfer, base }: Lines): Row[] =>
  (transfer?.ratios ?? []).map(({ name, metric, ratio, interval }) => ({
    cells: { run: name, metric: `transfer-ratio of ${metric}`, value: ratio, against: base, ...interval },
  }));
