/** A comparison of runs as text, Markdown, CSV and JSON: the same numbers in each. */
import type { ComparisonRow } from '../../eval/index.js';
import {
  formatBytes,
  formatCount,
  formatMetric,
  formatMicroseconds,
  formatP,
  formatPercent,
  formatSeconds,
  ifKnown,
} from '../terminal/format.js';
import type { Column } from '../terminal/table.js';
import { type Judged, type JudgedPart, partTitles, valuesOf } from './judge.js';

export interface Comparison {
  readonly judged: readonly Judged[];
  /** One of `judged`. */
  readonly base: Judged;
  /** Such as `recall@10`. */
  readonly keys: readonly string[];
  /** Every other run against `base` in each metric that has a value for each user. */
  readonly rows: readonly ComparisonRow[];
  readonly part: JudgedPart;
  readonly test: 't' | 'wilcoxon';
  readonly adjust: 'holm' | 'bh';
}

/** Text or Markdown. */
export interface Form {
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): string;
  words(text: string): string;
}

const right = (title: string): Column => ({ title, right: true });

/** Of the adjusted p-value, whichever way the difference goes. */
const markOf = (row: ComparisonRow | undefined): string => {
  const p = row?.adjustedP ?? Number.NaN;
  return p < 0.001 ? '***' : p < 0.01 ? '**' : p < 0.05 ? '*' : '';
};

const rowOf = ({ rows }: Comparison, name: string, key: string): ComparisonRow | undefined =>
  rows.find((r) => r.name === name && r.metric === key);

/** Two tables: values with marks and cost of each run, then each difference with its interval and p-value. */
export function comparisonText(c: Comparison, form: Form): string {
  const tests = `${c.test === 't' ? 'paired t test' : 'Wilcoxon signed-rank test'}, ${c.adjust === 'holm' ? 'Holm' : 'Benjamini-Hochberg'}`;
  const users = formatCount(c.base.evaluation.users.length);
  const about = [
    `${partTitles[c.part]}, full ranking, mean over ${users} users. Marks: significantly different from ${c.base.name}`,
    `(${tests}; * p < 0.05, ** p < 0.01, *** p < 0.001).`,
  ].join('\n');
  const differences = [form.words(`Against ${c.base.name}, user by user:`), differenceTable(c, form)];
  return [form.words(about), valueTable(c, form), ...(c.rows.length > 0 ? differences : [])].join('\n\n');
}

function valueTable(c: Comparison, form: Form): string {
  const columns = [{ title: 'run' }, ...[...c.keys, 'parameters', 'size', 'top 10 in', 'training'].map(right)];
  const widest = Math.max(0, ...c.rows.map((r) => markOf(r).length));
  return form.table(
    columns,
    c.judged.map((j) => {
      const { parameters, bytes, latencyMicroseconds, seconds } = j.run.result;
      return [
        j.name,
        // Numbers stay below each other.
        ...c.keys.map((key) => `${formatMetric(valuesOf(j)[key])}${markOf(rowOf(c, j.name, key)).padEnd(widest)}`),
        ifKnown(parameters, formatCount),
        ifKnown(bytes, formatBytes),
        ifKnown(latencyMicroseconds, formatMicroseconds),
        ifKnown(seconds, formatSeconds),
      ];
    }),
  );
}

function differenceTable(c: Comparison, form: Form): string {
  const columns = [
    ...[{ title: 'metric' }, { title: 'run' }],
    ...['value', 'difference', 'relative', '95 % interval'].map(right),
    ...[{ title: 'adjusted p' }, { title: '' }],
  ];
  return form.table(
    columns,
    c.rows.map((r) => [
      r.metric,
      r.name,
      formatMetric(r.mean),
      `${r.difference >= 0 ? '+' : ''}${r.difference.toFixed(4)}`,
      Number.isNaN(r.relativeDifference) ? '-' : formatPercent(r.relativeDifference),
      `${r.interval.low.toFixed(4)} to ${r.interval.high.toFixed(4)}`,
      formatP(r.adjustedP),
      markOf(r),
    ]),
  );
}

/** One line for each run and metric; empty where there is nothing to say. */
export function comparisonCsv(c: Comparison): string {
  const head =
    'run,metric,value,against,difference,percent,low,high,p,adjusted_p,mark,parameters,bytes,latency_us,training_seconds';
  const lines = c.judged.flatMap((j) => {
    const { parameters, bytes, latencyMicroseconds, seconds } = j.run.result;
    return c.keys.map((key) => {
      const r = rowOf(c, j.name, key);
      const tested = r
        ? [
            c.base.name,
            r.difference,
            100 * r.relativeDifference,
            r.interval.low,
            r.interval.high,
            r.p,
            r.adjustedP,
            markOf(r),
          ]
        : Array.from({ length: 8 }, () => '');
      return [j.name, key, valuesOf(j)[key], ...tested, parameters, bytes, latencyMicroseconds, seconds]
        .map(csvField)
        .join(',');
    });
  });
  return [head, ...lines].join('\n');
}

function csvField(value: string | number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function comparisonJson(c: Comparison): unknown {
  const runs = c.judged.map((j) => {
    const { model, method, parameters, bytes, latencyMicroseconds, seconds } = j.run.result;
    const metrics = c.keys.map((key) => {
      const r = rowOf(c, j.name, key);
      return [key, { value: valuesOf(j)[key], ...(r ? differenceJson(r) : {}) }];
    });
    return {
      ...{ name: j.name, folder: j.run.folder, model, method, parameters, bytes, latencyMicroseconds, seconds },
      metrics: Object.fromEntries(metrics),
    };
  });
  const { judged, base, part, test, adjust } = c;
  const nUsers = base.evaluation.users.length;
  return { against: base.name, part, nUsers, data: judged[0]!.dataset.name, test, adjust, runs };
}

function differenceJson(r: ComparisonRow): object {
  const { difference, relativeDifference, interval, p, adjustedP, dz } = r;
  return { difference, relativeDifference, interval, p, adjustedP, dz, mark: markOf(r) };
}
