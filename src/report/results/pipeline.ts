/** The results of a pipeline: one table, and conclusions in sentences. */
import { compare, transferRatio } from '../../eval/index.js';
import { type Gain, type PipelineOptions, type PipelineRow, withBestDirect } from '../../experiment/index.js';
import { aloneOf } from '../../experiment/plans/alone.js';
import { metricsOf } from '../../runs/outcome.js';
import { formatBytes, formatP, formatPercent, formatShare, formatTimes, listed, sampleNotes } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import {
  accuracyKeys,
  costCells,
  costColumns,
  metricCells,
  metricColumns,
  shortName,
  textColumns,
} from './_columns.js';
import { weightsNote } from './ensemble.js';
import { gainText, verdictOf } from './gain.js';
import { transferColumn } from './transfer.js';

const ORDER = ['baseline', 'teacher', 'ensemble', 'size-matched', 'co-trained teacher', 'student'] as const;

interface PartValues {
  readonly nUsers: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export type PipelineRowJson = Omit<PipelineRow, 'evaluation' | 'hidden'> &
  PartValues & {
    /** The run was already finished. */
    readonly reused: boolean;
    readonly hidden?: PartValues;
    /** `transferRatio` in the metric that selects, on test. Absent if it is not defined. */
    readonly transfer?: number;
  };

export interface PipelineJson {
  readonly rows: readonly PipelineRowJson[];
  readonly baselinesThatBeatTeachers: readonly { readonly name: string; readonly beats: readonly string[] }[];
  /** Distilled students against the best row of their size that was trained without teachers: the headline gain. */
  readonly gains: readonly Gain[];
  /** Distilled students against the same student without distillation. */
  readonly comparisons: readonly Gain[];
}

export interface PipelineTable {
  readonly table: ResultTable;
  toJson(): PipelineJson;
}

/**
 * @param reused names of the rows whose runs were already finished
 * @param options with the evaluation of the result: its list lengths and its metric are those of the data
 */
export function pipelineTable(
  rows: readonly PipelineRow[],
  reused: readonly string[],
  options: PipelineOptions,
): PipelineTable {
  const { at, selectBy } = options.evaluation;
  const value = (row: PipelineRow) => metricsOf(row.evaluation)[selectBy]!;
  const teachers = rows.filter((r) => r.role === 'teacher');
  const strongBaselines = rows
    .filter((r) => r.role === 'baseline')
    .map((r) => ({ name: r.name, beats: teachers.filter((t) => value(t) < value(r)).map((t) => t.name) }))
    .filter(({ beats }) => beats.length > 0);
  const comparisons = comparedStudents(rows, at, selectBy);
  const gains = gainsOf(rows, at, selectBy, value);
  const keys = accuracyKeys(at, selectBy);
  const transfers = transfersOf(rows, value);
  const hidden = rows.some((r) => r.hidden) ? keys.filter((key) => key.startsWith('recall@')) : [];
  const table = resultTable({
    columns: [
      ...textColumns(['role', 'model']),
      ...metricColumns(keys, shortName),
      ...metricColumns(hidden, shortName, 'hidden'),
      ...(transfers.size > 0 ? [transferColumn(shortName(selectBy))] : []),
      ...costColumns.filter((c) => c.id !== 'seconds'),
    ],
    rows: ORDER.flatMap((role) => rows.filter((r) => r.role === role)).map((r) => {
      const { seconds: _, ...cost } = costCells(r);
      return {
        group: r.role,
        cells: {
          ...{ role: r.role, model: r.name, ...cost },
          ...(transfers.size > 0 ? { transfer: transfers.get(r.name) } : {}),
          ...metricCells(keys, metricsOf(r.evaluation)),
          ...metricCells(hidden, r.hidden?.means, 'hidden'),
        },
        ...(strongBaselines.some((u) => u.name === r.name) ? { marks: { model: '*' } } : {}),
      };
    }),
    notes: [
      ...sampleNotes(rows.map((r) => r.evaluation.sample)),
      ...strongBaselines.map(
        ({ name, beats }) => `*  ${name} is better than ${listed(beats)} in ${shortName(selectBy)}.`,
      ),
      ...rows.flatMap((r) => (r.ensemble ? [weightsNote(r.name, r.ensemble)] : [])),
      ...betterTeachers(rows, value, selectBy),
      ...gains.filter((g) => g.metric === selectBy).map(gainText),
      ...comparisons
        .filter((c) => c.metric === selectBy && !gains.some((g) => g.name === c.name && g.against === c.against))
        .map(significance),
      ...savings(rows, value, selectBy),
      ...reuse(reused, rows.filter((row) => row.role !== 'ensemble').length),
    ],
  });
  return {
    table,
    toJson: () => ({
      rows: rows.map((row) => rowJson(row, reused, transfers.get(row.name))),
      baselinesThatBeatTeachers: strongBaselines,
      ...{ gains, comparisons },
    }),
  };
}

/** Every distilled student against the best row of its size that was trained without teachers, the best in `selectBy` on test. */
function gainsOf(
  rows: readonly PipelineRow[],
  at: readonly number[],
  selectBy: string,
  value: (row: PipelineRow) => number,
): Gain[] {
  const metrics = [...new Set([selectBy, ...accuracyKeys(at)])];
  return withBestDirect(rows, value).flatMap(({ base, students }) => {
    const known = metrics.filter((m) => m in base.evaluation.perUser);
    const tests = compare(base.evaluation, students, { metrics: known, adjust: 'holm' });
    return tests.map((t) => ({ ...t, against: base.name }));
  });
}

/** Every distilled student against the same model without distillation. */
function comparedStudents(rows: readonly PipelineRow[], at: readonly number[], selectBy: string): Gain[] {
  const students = rows.filter((r) => r.role === 'student');
  const metrics = [...new Set([selectBy, ...accuracyKeys(at)])];
  return students
    .filter((r) => r.method === 'none')
    .flatMap((alone) => {
      const distilled = students.filter(
        (r) => r.method !== 'none' && r.model === alone.model && r.parameters === alone.parameters,
      );
      const known = metrics.filter((m) => m in alone.evaluation.perUser);
      if (distilled.length === 0) return [];
      const tests = compare(alone.evaluation, distilled, { metrics: known, adjust: 'holm' });
      return tests.map((t) => ({ ...t, against: alone.name }));
    });
}

function significance(c: Gain): string {
  return (
    `${c.name} against the same student without distillation: ${shortName(c.metric)} ${formatPercent(c.relativeDifference)}, ` +
    `${verdictOf(c)} (${formatP(c.adjustedP)}, paired t test over users, Holm).`
  );
}

/** The transfer ratio of each distilled student, by its name, where it is defined. */
function transfersOf(rows: readonly PipelineRow[], value: (row: PipelineRow) => number): ReadonlyMap<string, number> {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  const students = rows.filter((r) => r.role === 'student');
  return new Map(
    students.flatMap((r) => {
      const alone = aloneOf(r, rows);
      const ratio = alone && ensemble && transferRatio(value(r), value(alone), value(ensemble));
      return ratio === undefined ? [] : [[r.name, ratio]];
    }),
  );
}

/** Teachers that are better than the ensemble. */
function betterTeachers(rows: readonly PipelineRow[], value: (row: PipelineRow) => number, selectBy: string): string[] {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  if (!ensemble) return [];
  const better = rows.filter((r) => r.role === 'teacher' && value(r) > value(ensemble)).map((r) => r.name);
  if (better.length === 0) return [];
  return [
    `The ensemble${ensemble.ensemble ? '' : ', in which all teachers have the same weight,'} is worse than ${listed(better)} in ${shortName(selectBy)}.`,
  ];
}

/** Accuracy, size and latency of the best distilled student relative to the ensemble. */
function savings(rows: readonly PipelineRow[], value: (row: PipelineRow) => number, selectBy: string): string[] {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  const distilled = rows.filter((r) => r.role === 'student' && r.method !== 'none');
  if (!ensemble || distilled.length === 0) return [];
  const best = distilled.reduce((a, b) => (value(b) > value(a) ? b : a));
  const kept = `${best.name} keeps ${formatShare(value(best) / value(ensemble))} of the ensemble's ${shortName(selectBy)}`;
  // The cost of external teachers is not known.
  const size = ratio(ensemble.parameters, best.parameters);
  const time = ratio(ensemble.latencyMicroseconds, best.latencyMicroseconds);
  if (size === undefined || time === undefined) return [`${kept}.`];
  const bundle = best.bundleBytes === undefined ? '' : ` Its bundle has ${formatBytes(best.bundleBytes)}.`;
  return [
    `${kept}, has ${formatTimes(size)} times fewer parameters and answers ${formatTimes(time)} times faster.${bundle}`,
  ];
}

const ratio = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a / b;

const reuse = (reused: readonly string[], all: number): string[] =>
  reused.length === 0 ? [] : [`${reused.length} of ${all} runs were already finished: ${listed(reused)}.`];

function rowJson(
  { evaluation, hidden, ...row }: PipelineRow,
  reused: readonly string[],
  transfer: number | undefined,
): PipelineRowJson {
  return {
    ...{ ...row, reused: reused.includes(row.name), nUsers: evaluation.users.length, metrics: metricsOf(evaluation) },
    ...(transfer === undefined ? {} : { transfer }),
    ...(hidden ? { hidden: { nUsers: hidden.users.length, metrics: metricsOf(hidden) } } : {}),
  };
}
