/** The report of a pipeline: its rows and the logs of their runs. */
import { bestDirect, type PipelineOptions, type PipelineResult, type PipelineRow } from '../experiment/index.js';
import { runSync } from '../progress.js';
import { metricsOf } from '../runs/outcome.js';
import { readHistory } from './history.js';
import type { Page } from './page.js';
import { makingPage, type ReportRun } from './report.js';

const reportRunOf = ({ folder, ...row }: PipelineRow): ReportRun => ({
  ...row,
  ...(folder === undefined ? {} : { history: readHistory(folder) }),
});

/**
 * Students are tested against the best row that was trained directly with the dim of the best distilled student, or else against the first student
 * without distillation, or else against the ensemble.
 * @throws RecdistillError as `readHistory`
 */
export const pipelineReport = (result: PipelineResult, o: PipelineOptions): Page =>
  runSync(reportingPipeline(result, o));

/** Like `pipelineReport`, as a generator that yields its progress. */
export function* reportingPipeline({ dataset, rows }: PipelineResult, o: PipelineOptions): Generator<number, Page> {
  const { at, selectBy } = o.evaluation;
  const value = (row: PipelineRow) => metricsOf(row.evaluation)[selectBy]!;
  const byValue = rows.filter((r) => r.role === 'student').sort((a, b) => value(b) - value(a));
  const direct = byValue.flatMap((student) => bestDirect(student, rows, value) ?? [])[0];
  const base =
    direct ?? rows.find((r) => r.role === 'student' && r.method === 'none') ?? rows.find((r) => r.role === 'ensemble');
  const title = `${o.name} on ${dataset.name}`;
  return yield* makingPage({
    ...{ title, about: dataset.notes, runs: rows.map(reportRunOf), at, metric: selectBy },
    ...(base ? { against: base.name } : {}),
  });
}
