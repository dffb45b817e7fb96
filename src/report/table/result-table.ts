/** A table of results with five renderings of the same values. */
import { fail } from '../../errors.js';
import type { TableData } from './_table.js';
import { renderCsv } from './csv.js';
import { renderHtml, renderMarkdown } from './markup.js';
import { renderText } from './text.js';

/** Content for a terminal, a file or a page. */
export interface Printable {
  /** For a terminal. */
  toText(): string;
  /** GitHub's Markdown. */
  toMarkdown(): string;
  /** Part of a page: paragraphs and `<table>`s. */
  toHtml(): string;
}

export interface ResultTable extends TableData, Printable {
  /** Numbers are not rounded; sentences are omitted. */
  toCsv(): string;
  /** Values, columns, marks and sentences. JSON has null for numbers that are not defined. */
  toJson(): TableData;
}

/** @throws RecdistillError `usage` without columns, if two have the same id, or if a row has a cell or a mark for an unknown column */
export function resultTable(data: TableData): ResultTable {
  const { columns, rows } = data;
  if (columns.length === 0) fail('usage', { problem: 'a table has no columns', hint: 'Give it at least one.' });
  const ids = columns.map((c) => c.id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined)
    fail('usage', { problem: `two columns of a table have the id "${twice}"`, hint: 'Give each column its own id.' });
  for (const [at, { cells, marks = {} }] of rows.entries()) {
    const unknown = [...Object.keys(cells), ...Object.keys(marks)].find((id) => !ids.includes(id));
    if (unknown === undefined) continue;
    const problem = `row ${at + 1} of a table has a value for "${unknown}", which is not a column`;
    fail('usage', { problem, hint: `Its columns are ${ids.join(', ')}.` });
  }
  return {
    ...data,
    toText: () => renderText(data),
    toMarkdown: () => renderMarkdown(data),
    toHtml: () => renderHtml(data),
    toCsv: () => renderCsv(data),
    toJson: () => data,
  };
}

/** Several tables in sequence. */
export const together = (tables: readonly Printable[]): Printable => ({
  toText: () => tables.map((t) => t.toText()).join('\n\n'),
  toMarkdown: () => tables.map((t) => t.toMarkdown()).join('\n\n'),
  toHtml: () => tables.map((t) => t.toHtml()).join('\n'),
});
