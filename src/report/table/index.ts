export type { CellValue, Column, ColumnKind, MeanAndDeviation, Row, TableData } from './_table.js';
export { escapeHtml, escapeMarkdown } from './markup.js';
export { type Printable, type ResultTable, resultTable, together } from './result-table.js';
