/** Plain tables: a heading, a line, rows; no boxes. */
import Table from 'cli-table3';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

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

/** Names come from data: a line end or an escape sequence in one must not reach the terminal. */
const oneLine = (cell: string): string => cell.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

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

/** The same as a table of Markdown. Dividing lines are left out: it has none. */
export function renderMarkdown(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => escapeMarkdown(oneLine(cell).trim())).join(' | ')} |`;
  const rule = `|${columns.map((c) => (c.right ? '---:' : '---')).join('|')}|`;
  return [line(columns.map((c) => c.title)), rule, ...rows.filter((row) => row.length > 0).map(line)].join('\n');
}

/** Text in which nothing means anything to Markdown. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\|*_`<>[\]]/g, '\\$&');
