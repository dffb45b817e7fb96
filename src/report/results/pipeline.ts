/** The results of a pipeline: one table, and conclusions in sentences. */
import { type ComparisonRow, compare } from '../../eval/index.js';
import type { PipelineOptions, PipelineRow } from '../../experiment/index.js';
import { metricsOf } from '../../runs/outcome.js';
import { formatBytes, formatP, formatPercent, formatShare, formatTimes, listed } from '../format.js';
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

const ORDER = ['baseline', 'teacher', 'ensemble', 'co-trained teacher', 'student'] as const;

interface PartValues {
  readonly nUsers: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export type PipelineRowJson = Omit<PipelineRow, 'evaluation' | 'hidden'> &
  PartValues & {
    /** The run was already finished. */
    readonly reused: boolean;
    readonly hidden?: PartValues;
  };

export interface PipelineJson {
  readonly rows: readonly PipelineRowJson[];
  readonly baselinesThatBeatTeachers: readonly { readonly name: string; readonly beats: readonly string[] }[];
  /** Distilled students against the same student without distillation. */
  readonly comparisons: readonly ComparisonRow[];
}

export interface PipelineTable {
  readonly table: ResultTable;
  toJson(): PipelineJson;
}

/** @param reused names of the rows whose runs were already finished */
export function pipelineTable(
  rows: readonly PipelineRow[],
  reused: readonly string[],
  { evaluation: { at, selectBy } }: PipelineOptions,
): PipelineTable {
  const value = (row: PipelineRow) => metricsOf(row.evaluation)[selectBy]!;
  const teachers = rows.filter((r) => r.role === 'teacher');
  const strongBaselines = rows
    .filter((r) => r.role === 'baseline')
    .map((r) => ({ name: r.name, beats: teachers.filter((t) => value(t) < value(r)).map((t) => t.name) }))
    .filter(({ beats }) => beats.length > 0);
  const comparisons = comparedStudents(rows, at, selectBy);
  const keys = accuracyKeys(at, selectBy);
  const hidden = rows.some((r) => r.hidden) ? keys.filter((key) => key.startsWith('recall@')) : [];
  const table = resultTable({
    columns: [
      ...textColumns(['role', 'model']),
      ...metricColumns(keys, shortName),
      ...metricColumns(hidden, shortName, 'hidden'),
      ...costColumns.filter((c) => c.id !== 'seconds'),
    ],
    rows: ORDER.flatMap((role) => rows.filter((r) => r.role === role)).map((r) => {
      const { seconds: _, ...cost } = costCells(r);
      return {
        group: r.role,
        cells: {
          ...{ role: r.role, model: r.name, ...cost },
          ...metricCells(keys, metricsOf(r.evaluation)),
          ...metricCells(hidden, r.hidden?.means, 'hidden'),
        },
        ...(strongBaselines.some((u) => u.name === r.name) ? { marks: { model: '*' } } : {}),
      };
    }),
    notes: [
      ...strongBaselines.map(
        ({ name, beats }) => `*  ${name} is better than ${listed(beats)} in ${shortName(selectBy)}.`,
      ),
      ...betterTeachers(rows, value, selectBy),
      ...comparisons.filter((c) => c.metric === selectBy).map(significance),
      ...savings(rows, value, selectBy),
      ...reuse(reused, rows.filter((row) => row.role !== 'ensemble').length),
    ],
  });
  return {
    table,
    toJson: () => ({
      rows: rows.map((row) => rowJson(row, reused)),
      baselinesThatBeatTeachers: strongBaselines,
      comparisons,
    }),
  };
}

/** Every distilled student against the same model without distillation. */
function comparedStudents(rows: readonly PipelineRow[], at: readonly number[], selectBy: string): ComparisonRow[] {
  const students = rows.filter((r) => r.role === 'student');
  const metrics = [...new Set([selectBy, ...accuracyKeys(at)])];
  return students
    .filter((r) => r.method === 'none')
    .flatMap((alone) => {
      const distilled = students.filter(
        (r) => r.method !== 'none' && r.model === alone.model && r.parameters === alone.parameters,
      );
      const known = metrics.filter((m) => m in alone.evaluation.perUser);
      return distilled.length === 0 ? [] : compare(alone.evaluation, distilled, { metrics: known, adjust: 'holm' });
    });
}

function significance(c: ComparisonRow): string {
  const verdict = !(c.adjustedP < 0.01)
    ? 'not significant'
    : c.difference > 0
      ? 'significantly better'
      : 'significantly worse';
  return (
    `${c.name} against the same student without distillation: ${shortName(c.metric)} ${formatPercent(c.relativeDifference)}, ` +
    `${verdict} (${formatP(c.adjustedP)}, paired t test over users, Holm).`
  );
}

/** Teachers that are better than the ensemble. */
function betterTeachers(rows: readonly PipelineRow[], value: (row: PipelineRow) => number, selectBy: string): string[] {
  const ensemble = rows.find((r) => r.role === 'ensemble');
  if (!ensemble) return [];
  const better = rows.filter((r) => r.role === 'teacher' && value(r) > value(ensemble)).map((r) => r.name);
  if (better.length === 0) return [];
  return [
    `The ensemble, in which all teachers have the same weight, is worse than ${listed(better)} in ${shortName(selectBy)}.`,
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

function rowJson({ evaluation, hidden, ...row }: PipelineRow, reused: readonly string[]): PipelineRowJson {
  return {
    ...{ ...row, reused: reused.includes(row.name), nUsers: evaluation.users.length, metrics: metricsOf(evaluation) },
    ...(hidden ? { hidden: { nUsers: hidden.users.length, metrics: metricsOf(hidden) } } : {}),
  };
}
