/** The result of a study: metrics over seeds, differences with tests, and the options that the search chose. */
import { defined } from '../../defined.js';
import { type ComparisonRow, evaluationFor, type SampleSize, sampleUsers, transferRatio } from '../../eval/index.js';
import { aloneOf } from '../../experiment/plans/alone.js';
import {
  decidingMetric,
  deviation,
  mean,
  type StudyOptions,
  type StudyResult,
  type StudyRow,
} from '../../experiment/plans/study/index.js';
import { formatCount, formatOptions, sampleNotes } from '../format.js';
import {
  type CellValue,
  escapeMarkdown,
  type Printable,
  type ResultTable,
  resultTable,
  together,
} from '../table/index.js';
import {
  column,
  costCells,
  costColumns,
  differenceCells,
  differenceColumns,
  metricColumns,
  textColumns,
} from './_columns.js';
import { seedWeightsNote } from './ensemble.js';
import { gainText } from './gain.js';
import { popularityTables } from './popularity.js';
import { transferColumn } from './transfer.js';

/** All that the tables of a study show. */
export interface StudyJson
  extends Omit<StudyResult, 'options' | 'dataset'>,
    Pick<StudyOptions, 'setup' | 'seeds' | 'against' | 'student'> {
  /** Name of the data set. */
  readonly data: string;
  readonly fingerprint: string;
  readonly nUsers: number;
  readonly nItems: number;
  /** The metric on valid that decides. */
  readonly selectBy: string;
  /** Present if only a sample of the users was evaluated. */
  readonly sample?: SampleSize;
  /** Methods whose options the study names, and which were not searched. */
  readonly fixed: readonly string[];
}

export interface StudyTables extends Printable {
  /** Mean ± standard deviation over seeds. */
  readonly table: ResultTable;
  /** A whole Markdown file. */
  toPage(title: string): string;
  toJson(): StudyJson;
}

export function studyJson({ options: o, dataset, ...rest }: StudyResult): StudyJson {
  const { seeds, against, setup, student } = o;
  return {
    ...{ data: dataset.name, fingerprint: dataset.fingerprint },
    ...{ nUsers: dataset.train.nUsers, nItems: dataset.train.nItems },
    ...{ setup, seeds, against, student, selectBy: evaluationFor(o.evaluation, dataset.train).selectBy },
    ...defined({ sample: sizeOf(sampleUsers(dataset, o.evaluation.evalUsers)) }),
    fixed: Object.keys(o.methods).filter((method) => !(method in rest.tuned)),
    ...rest,
  };
}

const sizeOf = (sample: SampleSize | undefined): SampleSize | undefined =>
  sample && { users: sample.users, of: sample.of };

export const studyTables = (result: StudyResult): StudyTables => studyTablesOf(studyJson(result));

/** @param study as `toJson` returned it, with NaN for numbers that are not defined */
export function studyTablesOf(study: StudyJson): StudyTables {
  const { rows, comparisons, hiddenComparisons, against, tuned } = study;
  const gains = (study.gains ?? []).filter((g) => g.metric === decidingMetric(study.metrics, study.selectBy));
  const table = valueTable(study, aboutOf(study), comparisons, (r) => r.values, gains.map(gainText));
  const hidden = rows.some((r) => r.hidden)
    ? [valueTable(study, { title: 'On the hidden interactions' }, hiddenComparisons, (r) => r.hidden ?? {})]
    : [];
  const printed = together([
    ...[table, ...hidden],
    ...(comparisons.length > 0 ? [differenceTable(comparisons, against)] : []),
    ...transferTables(study),
    ...popularityTables(study.popularity ?? []),
    ...(Object.keys(tuned).length > 0 ? [tunedTable(study)] : []),
  ]);
  return {
    ...printed,
    table,
    toPage: (title) => `# ${escapeMarkdown(`${title} on ${study.data}`)}\n\n${printed.toMarkdown()}\n`,
    toJson: () => study,
  };
}

function aboutOf({ notes, ...o }: StudyJson): { readonly about: readonly string[] } {
  const [many, seeds] = [o.seeds.length > 1, o.seeds.join(', ')];
  const about = [
    `${o.data}: ${formatCount(o.nUsers)} users, ${formatCount(o.nItems)} items. Setup ${o.setup}. Student: ${formatOptions(o.student)}.`,
    `Test part, full ranking; ${many ? `mean and standard deviation over seeds ${seeds}, without a deviation where all seeds have the same run` : `seed ${seeds}`}. Hyper-parameters and best epochs were chosen on valid.`,
    `* p < 0.05 against ${o.against}: paired t test over users${many ? ', each with its mean over the seeds' : ''}; Holm over the table.`,
  ];
  return { about: [...about, ...sampleNotes([o.sample]), ...notes] };
}

function valueTable(
  { rows, metrics, selectBy }: StudyJson,
  above: { readonly title?: string; readonly about?: readonly string[] },
  tests: readonly ComparisonRow[],
  valuesOf: (row: StudyRow) => Readonly<Record<string, readonly number[]>>,
  notes: readonly string[] = [],
): ResultTable {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  const last = metrics.filter((m) => m.startsWith('recall')).at(-1)!;
  const meanOf = (row: StudyRow | undefined) => {
    const values = row && valuesOf(row)[last];
    return values && mean(values);
  };
  const share = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : a / b;
  const selected = decidingMetric(metrics, selectBy);
  const selectedOf = (row: StudyRow) => mean(valuesOf(row)[selected] ?? []);
  const students = rows.filter((r) => r.role === 'student');
  const transferOf = (row: StudyRow) => {
    const alone = aloneOf(row, rows);
    return alone && ensemble && transferRatio(selectedOf(row), selectedOf(alone), selectedOf(ensemble));
  };
  const transfers = students.some((r) => transferOf(r) !== undefined);
  const isMarked = (row: StudyRow, metric: string) =>
    row.role === 'student' && tests.some((t) => t.name === row.name && t.metric === metric && t.adjustedP < 0.05);
  const [parameters, bundle, latency, seconds] = costColumns;
  // Studies of earlier versions did not measure it.
  const measured = rows.some((r) => r.bundleBytes !== undefined);
  return resultTable({
    ...above,
    columns: [
      ...[...textColumns(['role', 'name']), ...metricColumns(metrics)],
      column('ofEnsemble', `of ensemble's ${last}`, 'share'),
      ...(transfers ? [transferColumn(selected)] : []),
      ...[parameters!, column('parametersOfEnsemble', 'of ensemble', 'share')],
      ...(measured ? [bundle!] : []),
      ...[latency!, column('latencyOfEnsemble', 'of ensemble', 'share')],
      seconds!,
    ],
    rows: rows.map((r) => {
      const { parameters: size, bundleBytes, latencyMicroseconds, seconds } = costCells(r);
      return {
        cells: {
          ...{ role: r.role, name: r.name },
          ...Object.fromEntries(metrics.map((m) => [m, spread(valuesOf(r)[m], isOneRun(r))])),
          ofEnsemble: share(meanOf(r), meanOf(ensemble)),
          ...(transfers ? { transfer: transferOf(r) } : {}),
          parameters: typeof size === 'number' ? Math.round(size) : undefined,
          parametersOfEnsemble: share(r.parameters, ensemble?.parameters),
          ...(measured ? { bundleBytes } : {}),
          latencyMicroseconds,
          latencyOfEnsemble: share(r.latencyMicroseconds, ensemble?.latencyMicroseconds),
          seconds,
        },
        marks: Object.fromEntries(metrics.filter((m) => isMarked(r, m)).map((m) => [m, '*'])),
      };
    }),
    notes: [...rows.flatMap((r) => (r.ensembles ? [seedWeightsNote(r.name, r.ensembles)] : [])), ...notes],
  });
}

/** Whether all seeds have the same run: a model without anything random, or with a seed of its own. */
const isOneRun = ({ role, values }: StudyRow): boolean =>
  role !== 'student' && Object.values(values).every((list) => list.every((value) => value === list[0]));

const spread = (values: readonly number[] | undefined, oneRun: boolean): CellValue | undefined =>
  values && { mean: mean(values), deviation: oneRun ? Number.NaN : deviation(values) };

const differenceTable = (tests: readonly ComparisonRow[], against: string): ResultTable =>
  resultTable({
    title: `Against ${against}`,
    columns: [...textColumns(['name', 'metric']), ...differenceColumns],
    rows: tests.map((t) => ({ cells: { name: t.name, metric: t.metric, ...differenceCells(t) } })),
  });

/** The transfer ratios with their intervals. Results of earlier versions have none. */
function transferTables({ transfers = [], metrics }: StudyJson): ResultTable[] {
  if (transfers.length === 0) return [];
  const names = [...new Set(transfers.map((t) => t.name))];
  return [
    resultTable({
      title: 'Transfer ratio',
      about: [
        '(student - alone) / (teacher - alone), with 95 % bootstrap intervals over users, each with the mean over the seeds. alone: the same model without distillation. -: the teacher is not better.',
      ],
      columns: [
        ...textColumns(['name', 'alone', 'teacher']),
        ...metrics.flatMap((m) => [column(m, m, 'metric'), column(`${m} interval`, 'interval', 'interval')]),
      ],
      rows: names.map((name) => {
        const own = transfers.filter((t) => t.name === name);
        return {
          cells: {
            ...{ name, alone: own[0]!.alone, teacher: own[0]!.teacher },
            ...Object.fromEntries(
              own.flatMap((t) => [
                [t.metric, t.ratio],
                [`${t.metric} interval`, t.interval],
              ]),
            ),
          },
        };
      }),
    }),
  ];
}

function tunedTable({ selectBy, tuned, fixed }: StudyJson): ResultTable {
  return resultTable({
    title: `Search on valid (${selectBy}), with the same number of trials for each method`,
    columns: [
      column('method', 'method', 'text'),
      column('options', 'best options', 'text'),
      column('valid', 'valid', 'metric', `Best ${selectBy} on valid.`),
      ...[
        column('trials', 'trials', 'count'),
        column('epochs', 'epochs', 'count'),
        column('seconds', 'time', 'seconds'),
      ],
    ],
    rows: Object.entries(tuned).map(([method, t]) => ({ cells: { method, ...t, options: formatOptions(t.options) } })),
    ...(fixed.length > 0 ? { notes: [`Without a search, with the options of the study: ${fixed.join(', ')}.`] } : {}),
  });
}
