/** Plain tables: a heading, a line, rows; no boxes. */
import Table from 'cli-table3';
import { type Column, oneLine } from '../../report/markdown-table.js';

export { type Column, escapeMarkdown, renderMarkdown } from '../../report/markdown-table.js';

/** A divider goes no further, however long a cell is. */
const WIDEST = 110;

const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** The table as lines without trailing blanks. An empty row becomes a dividing line. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: columns.map((c) => (c.right ? 'right' : 'left')),
  });
  const dividers: number[] = [];
  table.push(columns.map((c) => c.title));
  for (const row of rows) {
    if (row.length === 0) dividers.push(table.length);
    else table.push(row.map(oneLine));
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const width = Math.max(...lines.map((line) => [...line].length));
  const out = [lines[0]!, '-'.repeat(Math.min(WIDEST, width))];
  for (let at = 1; at < lines.length; at++) {
    if (dividers.includes(at)) out.push('-'.repeat(Math.min(WIDEST, width)));
    out.push(lines[at]!);
  }
  return out.join('\n');
}
