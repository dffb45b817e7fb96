/** Runs compared with one of them, with significance tests. */

import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { type ComparisonRow, comparing, type Evaluation, type SampleSize } from '../../eval/index.js';
import { runSync, within } from '../../progress.js';
import { type Cost, metricsOf } from '../../runs/outcome.js';
import { formatCount, listed, sampleNotes } from '../format.js';
import { type Printable, type ResultTable, resultTable, together } from '../table/index.js';
import {
  column,
  costCells,
  costColumns,
  costOf,
  differenceCells,
  differenceColumns,
  metricCells,
  metricColumns,
} from './_columns.js';
import { comparisonLines } from './comparison-lines.js';
import {
  comparingPopularityOfRuns,
  measuringTransfers,
  type NamedDifference,
  type NamedTransfer,
  type PopularRow,
  popularityDifferenceTable,
  popularityTables,
  summarisingRuns,
  transferTable,
} from './popularity.js';

/** The evaluated interactions: the test part, or the interactions that were hidden from all training. */
export type EvaluatedPart = 'test' | 'hidden';

/** Name of a part at the beginning of a sentence. */
export const partTitles: Readonly<Record<EvaluatedPart, string>> = { test: 'Test part', hidden: 'Hidden interactions' };

/** A run to compare. All runs of a comparison are evaluated on the same users. */
export interface ComparedRun extends Partial<Cost> {
  readonly name: string;
  readonly evaluation: Evaluation;
  readonly model?: string;
  /** `none` without distillation. */
  readonly method?: string;
  readonly folder?: string;
}

export interface CompareRunsOptions {
  /** Name of the run that the others are tested against. Default: the first. */
  readonly against?: string;
  /** Keys such as `recall@10`. Default: recall and NDCG at every K that the first run was evaluated at. */
  readonly metrics?: readonly string[];
  /** Paired test over users: t test (default) or Wilcoxon signed rank. */
  readonly test?: 't' | 'wilcoxon';
  /** How p-values are adjusted over all tests: Holm (default) or Benjamini-Hochberg. */
  readonly adjust?: 'holm' | 'bh';
  /** Adds popularity lift, and recall and exposure of popular and unpopular items. */
  readonly popularity?: boolean;
  /** Name of the teacher's run: adds the transfer ratio of every other run, with `against` as the student alone. */
  readonly teacher?: string;
  /** The evaluated part. Default: `test`. */
  readonly part?: EvaluatedPart;
  /** Name of the data set. */
  readonly data?: string;
}

/** A difference to the base in one metric. */
export type DifferenceJson = Omit<ComparisonRow, 'name' | 'metric' | 'base' | 'mean'> & { readonly mark: string };

export interface ComparisonJson {
  /** Name of the base. */
  readonly against: string;
  readonly part: EvaluatedPart;
  readonly nUsers: number;
  /** Present if only a sample of the users was evaluated. */
  readonly sample?: SampleSize;
  readonly data?: string;
  readonly test: 't' | 'wilcoxon';
  readonly adjust: 'holm' | 'bh';
  readonly runs: readonly (Omit<ComparedRun, 'evaluation'> & {
    /** By key. The base and metrics without values per user have no difference. */
    readonly metrics: Readonly<Record<string, { readonly value: number | undefined } & Partial<DifferenceJson>>>;
  })[];
  readonly popularity?: {
    readonly runs: readonly PopularRow[];
    readonly differences: readonly NamedDifference[];
  };
  /** The transfer ratios, with the name of the teacher. */
  readonly transfer?: { readonly teacher: string; readonly ratios: readonly NamedTransfer[] };
}

/** By the adjusted p-value: `***` below 0.001, `**` below 0.01, `*` below 0.05, in either direction. */
export const significanceMark = (p: number): string => (p < 0.001 ? '***' : p < 0.01 ? '**' : p < 0.05 ? '*' : '');

/** Text, Markdown and HTML have two tables: values with marks, then differences. CSV has a line for each run and metric. */
export interface Comparison extends Printable {
  /** Metrics and cost of each run. */
  readonly table: ResultTable;
  /** Every other run against the base in each metric; absent if no metric has values per user. */
  readonly differences?: ResultTable;
  readonly tests: readonly ComparisonRow[];
  toCsv(): string;
  toJson(): ComparisonJson;
}

/**
 * Compares runs with one of them, with paired tests over users. Metrics over all lists, such as coverage, have a value but no test.
 * @throws RecdistillError `usage` for fewer than two runs or two of one name, `unknown-name` for `against` or a metric, `needs-not-met` if the runs
 *   were evaluated on different users
 */
export const compareRuns = (runs: readonly ComparedRun[], options: CompareRunsOptions = {}): Comparison =>
  runSync(comparingRuns(runs, options));

/** Like `compareRuns`, as a generator that yields its progress. */
export function* comparingRuns(
  runs: readonly ComparedRun[],
  options: CompareRunsOptions = {},
): Generator<number, Comparison> {
  const base = baseOf(runs, options.against);
  const { evaluation } = base;
  const { test = 't', adjust = 'holm', part = 'test', data } = options;
  const keys = [...new Set(options.metrics ?? defaultKeys(evaluation))];
  const known = metricsOf(evaluation);
  const unknown = keys.find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined)
    fail('unknown-name', { kind: 'metric of the runs', given: unknown, known: Object.keys(known).join(', ') });
  const tested = keys.filter((key) => key in evaluation.perUser);
  const others = runs.filter((r) => r !== base);
  const tests =
    tested.length === 0 ? [] : yield* within(comparing(evaluation, others, { metrics: tested, adjust, test }), 0, 0.4);
  const testOf = (run: string, key: string) => tests.find((t) => t.name === run && t.metric === key);

  const procedure = `${test === 't' ? 'paired t test' : 'Wilcoxon signed-rank test'}, ${adjust === 'holm' ? 'Holm' : 'Benjamini-Hochberg'}`;
  const table = resultTable({
    about: [
      `${partTitles[part]}, full ranking, mean over ${formatCount(evaluation.users.length)} users. Marks: significantly different from ${base.name}`,
      `(${procedure}; * p < 0.05, ** p < 0.01, *** p < 0.001).`,
      ...sampleNotes([evaluation.sample]),
    ],
    columns: [column('run', 'run', 'text'), ...metricColumns(keys), ...costColumns],
    rows: runs.map((r) => ({
      cells: { run: r.name, ...metricCells(keys, metricsOf(r.evaluation)), ...costCells(r) },
      marks: Object.fromEntries(
        keys.flatMap((key) => {
          const mark = significanceMark(testOf(r.name, key)?.adjustedP ?? Number.NaN);
          return mark === '' ? [] : [[key, mark]];
        }),
      ),
    })),
  });
  const differences = tests.length === 0 ? undefined : differenceTable(tests, base.name);
  const popularity = options.popularity
    ? {
        runs: yield* within(summarisingRuns(runs), 0.4, 0.6),
        differences: yield* within(comparingPopularityOfRuns(runs, base), 0.6, 0.8),
      }
    : undefined;
  const teacher = options.teacher === undefined ? undefined : teacherOf(runs, options.teacher, base);
  const students = others.filter((r) => r !== teacher);
  const transfer = teacher && {
    teacher: teacher.name,
    ratios: yield* measuringTransfers(students, base, teacher, tested),
  };
  return {
    ...together([
      ...(differences ? [table, differences] : [table]),
      ...(transfer ? [transferTable(transfer.ratios, base.name, transfer.teacher)] : []),
      ...(popularity
        ? [...popularityTables(popularity.runs), popularityDifferenceTable(popularity.differences, base.name)]
        : []),
    ]),
    ...{ table, tests, ...(differences ? { differences } : {}) },
    toCsv: () =>
      comparisonLines({
        ...{ runs, keys, base: base.name, testOf, markOf: significanceMark },
        popularity,
        transfer,
      }).toCsv(),
    toJson: () => ({
      ...{ against: base.name, part, nUsers: evaluation.users.length, ...defined({ data, sample: evaluation.sample }) },
      ...{ test, adjust },
      runs: runs.map(({ evaluation: own, ...run }) => {
        const values = metricsOf(own);
        const metrics = keys.map((key) => {
          const found = testOf(run.name, key);
          return [key, { value: values[key], ...(found ? differenceJson(found) : {}) }] as const;
        });
        return { ...run, metrics: Object.fromEntries(metrics) };
      }),
      ...(popularity ? { popularity } : {}),
      ...(transfer ? { transfer } : {}),
    }),
  };
}

function baseOf(runs: readonly ComparedRun[], against: string | undefined): ComparedRun {
  const names = runs.map((r) => r.name);
  if (runs.length < 2)
    fail('usage', { problem: `a comparison needs two runs; there are ${runs.length}`, hint: 'Name another run.' });
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    fail('usage', {
      problem: `two of the compared runs are called "${twice}"`,
      hint: 'Give each a name of its own.',
    });
  const base = against === undefined ? runs[0] : runs.find((r) => r.name === against);
  return base ?? fail('unknown-name', { kind: 'run to compare with', given: against, known: listed(names) });
}

/** @throws RecdistillError `unknown-name`, `usage` if it is the base or no other run is left */
function teacherOf(runs: readonly ComparedRun[], name: string, base: ComparedRun): ComparedRun {
  const found =
    runs.find((r) => r.name === name) ??
    fail('unknown-name', { kind: 'run of the teacher', given: name, known: listed(runs.map((r) => r.name)) });
  const hint = 'Compare three runs: the student alone (--against), the teacher (--teacher), and distilled students.';
  if (found === base) fail('usage', { problem: `${name} is both the teacher and the run to compare with`, hint });
  if (runs.length < 3) fail('usage', { problem: 'a transfer ratio needs a distilled student', hint });
  return found;
}

const defaultKeys = ({ means }: Evaluation): string[] =>
  Object.keys(means).filter((key) => /^(recall|ndcg)@/.test(key));

function differenceTable(tests: readonly ComparisonRow[], base: string): ResultTable {
  return resultTable({
    title: `Differences to ${base}, paired over users`,
    columns: [
      column('metric', 'metric', 'text'),
      column('run', 'run', 'text'),
      column('value', 'value', 'metric', 'Mean over users.'),
      ...differenceColumns,
    ],
    rows: tests.map((t) => {
      const mark = significanceMark(t.adjustedP);
      return {
        cells: { metric: t.metric, run: t.name, value: t.mean, ...differenceCells(t) },
        ...(mark === '' ? {} : { marks: { adjustedP: mark } }),
      };
    }),
  });
}

function differenceJson({ name: _, metric: __, base: ___, mean: ____, ...rest }: ComparisonRow): DifferenceJson {
  return { ...rest, mark: significanceMark(rest.adjustedP) };
}

/** A finished run as `compareRuns` takes it. */
export const comparedRun = (
  name: string,
  folder: string,
  result: { readonly model: string; readonly method: string } & Partial<Cost>,
  evaluation: Evaluation,
): ComparedRun => ({
  ...{ name, folder, model: result.model, method: result.method, ...costOf(result), evaluation },
});
