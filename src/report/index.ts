export { autoReport } from './auto.js';
export * from './co-trained.js';
export { type ReportFiles, writeReport } from './files.js';
export {
  formatBytes,
  formatCount,
  formatMetric,
  formatMicroseconds,
  formatOptions,
  formatP,
  formatPercent,
  formatShare,
} from './format.js';
export { type Construction, type History, readHistory } from './history.js';
export { type Page, renderHtml, renderPageMarkdown, type Section } from './page.js';
export * from './pipeline.js';
export type { GroupedPoint, Lines, Named, Plot, Point, Shares } from './plot.js';
export { type ReportInput, type ReportRun, reportPage } from './report.js';
export * from './results/index.js';
export {
  type EvaluatedRunFolder,
  isCalled,
  type RunsReport,
  type RunsReportOptions,
  reportingRuns,
  runsReport,
} from './runs.js';
export * from './table/index.js';
