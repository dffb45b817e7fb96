/** The report of a pipeline: its rows and the logs of their runs. */
import type { PipelineOptions, PipelineResult, PipelineRow } from '../experiment/index.js';
import { readHistory } from './history.js';
import type { Page } from './page.js';
import { type ReportRun, reportPage } from './report.js';

const reportRunOf = ({ folder, ...row }: PipelineRow): ReportRun => ({
  ...row,
  ...(folder === undefined ? {} : { history: readHistory(folder) }),
});

/** Students are tested against the first one without distillation, or else against the ensemble. @throws RecdistillError as `readHistory` */
export function pipelineReport({ dataset, rows }: PipelineResult, o: PipelineOptions): Page {
  const { at, selectBy } = o.evaluation;
  const base = rows.find((r) => r.role === 'student' && r.method === 'none') ?? rows.find((r) => r.role === 'ensemble');
  const title = `${o.name} on ${dataset.name}`;
  return reportPage({
    ...{ title, about: dataset.notes, runs: rows.map(reportRunOf), at, metric: selectBy },
    ...(base ? { against: base.name } : {}),
  });
}
