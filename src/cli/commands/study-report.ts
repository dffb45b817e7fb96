/** The tables of a study, as text and Markdown, and as JSON for programs. */
import type { ComparisonRow } from '../../eval/index.js';
import { deviation, mean, type StudyResult, type StudyRow } from '../../experiment/plans/study/index.js';
import {
  formatCount,
  formatMetric,
  formatMicroseconds,
  formatP,
  formatPercent,
  formatSeconds,
  ifKnown,
} from '../terminal/format.js';
import type { Form } from './compare-table.js';

const right = (title: string) => ({ title, right: true });

export function studyText(result: StudyResult, form: Form): string {
  const { options: o, rows, metrics, notes, dataset } = result;
  const nUsers = dataset.train.nUsers;
  const [many, seeds] = [o.seeds.length > 1, o.seeds.join(', ')];
  const fixed = Object.keys(o.methods).filter((method) => !(method in result.tuned));
  const about = [
    `${dataset.name}: ${formatCount(nUsers)} users, ${formatCount(dataset.train.nItems)} items. Setup ${o.setup}. Student: ${optionText(o.student)}.`,
    `Test part, full ranking; ${many ? `mean and standard deviation over seeds ${seeds}` : `seed ${seeds}`}. Settings and best epochs were chosen on valid.`,
    `* p < 0.05 against ${o.against}: paired t test over users${many ? ', each with its mean over the seeds' : ''}; Holm over the table.`,
    ...notes,
  ];
  const hidden = rows.some((r) => r.hidden);
  return [
    form.words(about.join('\n')),
    valueTable(rows, metrics, result.comparisons, form, (r) => r.values),
    ...(hidden
      ? [
          form.words('On the hidden interactions:'),
          valueTable(rows, metrics, result.hiddenComparisons, form, (r) => r.hidden ?? {}),
        ]
      : []),
    ...(result.comparisons.length > 0
      ? [form.words(`Against ${o.against}:`), differenceTable(result.comparisons, form)]
      : []),
    ...(Object.keys(result.tuned).length > 0
      ? [
          form.words(`Search on valid (${o.evaluation.selectBy}), the same number of trials for each:`),
          tunedTable(result, form),
          ...(fixed.length > 0
            ? [form.words(`Without a search, with options that the study names: ${fixed.join(', ')}.`)]
            : []),
        ]
      : []),
  ].join('\n\n');
}

type ValuesOf = (row: StudyRow) => Readonly<Record<string, readonly number[]>>;

function valueTable(
  rows: readonly StudyRow[],
  metrics: readonly string[],
  tests: readonly ComparisonRow[],
  form: Form,
  valuesOf: ValuesOf,
): string {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  const last = metrics.filter((m) => m.startsWith('recall')).at(-1)!;
  const columns = [
    ...[{ title: 'role' }, { title: 'name' }, ...metrics.map(right)],
    ...[`of ensemble's ${last}`, 'parameters', 'of ensemble', 'top 10 in', 'of ensemble', 'training'].map(right),
  ];
  const share = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? '-' : `${((100 * a) / b).toPrecision(3)} %`;
  return form.table(
    columns,
    rows.map((r) => [
      ...[r.role, r.name],
      ...metrics.map((m) => `${spread(valuesOf(r)[m])}${markOf(tests, r, m)}`),
      ensemble ? share(meanOf(valuesOf(r)[last]), meanOf(valuesOf(ensemble)[last])) : '-',
      ifKnown(r.parameters, (n) => formatCount(Math.round(n))),
      share(r.parameters, ensemble?.parameters),
      ifKnown(r.latencyMicroseconds, formatMicroseconds),
      share(r.latencyMicroseconds, ensemble?.latencyMicroseconds),
      ifKnown(r.seconds, formatSeconds),
    ]),
  );
}

const meanOf = (values: readonly number[] | undefined): number | undefined => (values ? mean(values) : undefined);

function spread(values: readonly number[] | undefined): string {
  if (!values) return '-';
  const own = formatMetric(mean(values));
  return values.length < 2 ? own : `${own} ± ${deviation(values).toFixed(4)}`;
}

/** Two blanks where there is none, so that numbers stay below each other. */
const markOf = (tests: readonly ComparisonRow[], row: StudyRow, metric: string): string =>
  row.role === 'student' && tests.some((t) => t.name === row.name && t.metric === metric && t.adjustedP < 0.05)
    ? ' *'
    : '  ';

function differenceTable(tests: readonly ComparisonRow[], form: Form): string {
  const columns = [
    ...[{ title: 'name' }, { title: 'metric' }],
    ...['difference', 'relative', '95 % interval', 'adjusted p'].map(right),
  ];
  return form.table(
    columns,
    tests.map((t) => [
      ...[t.name, t.metric, `${t.difference >= 0 ? '+' : ''}${t.difference.toFixed(4)}`],
      Number.isNaN(t.relativeDifference) ? '-' : formatPercent(t.relativeDifference),
      `${t.interval.low.toFixed(4)} to ${t.interval.high.toFixed(4)}`,
      formatP(t.adjustedP),
    ]),
  );
}

function tunedTable({ tuned }: StudyResult, form: Form): string {
  const columns = [{ title: 'method' }, { title: 'best options' }, ...['valid', 'trials', 'epochs', 'time'].map(right)];
  return form.table(
    columns,
    Object.entries(tuned).map(([method, t]) => [
      ...[method, optionText(t.options), formatMetric(t.valid), String(t.trials), formatCount(t.epochs)],
      formatSeconds(t.seconds),
    ]),
  );
}

const optionText = (options: Readonly<Record<string, unknown>>): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

export function studyJson({ options: o, dataset, ...rest }: StudyResult): object {
  const { seeds, against, setup, student } = o;
  return { ...{ data: dataset.name, fingerprint: dataset.fingerprint, setup, seeds, against, student }, ...rest };
}
