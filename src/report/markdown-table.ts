/** Tables in Markdown. */

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
}

/** A table of Markdown. An empty row, a dividing line elsewhere, is left out: Markdown has none. */
export function renderMarkdown(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => escapeMarkdown(oneLine(cell).trim())).join(' | ')} |`;
  const rule = `|${columns.map((c) => (c.right ? '---:' : '---')).join('|')}|`;
  return [line(columns.map((c) => c.title)), rule, ...rows.filter((row) => row.length > 0).map(line)].join('\n');
}

/** Text in which nothing means anything to Markdown. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\|*_`<>[\]]/g, '\\$&');

/** Names come from data: a line end or an escape sequence in one must not reach the terminal. */
export const oneLine = (cell: string): string => cell.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
