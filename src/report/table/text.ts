/** A table as plain text: a heading, a line, rows. */
import Table from 'cli-table3';
import type { TableData } from './_table.js';
import { type LaidCell, layOut, marked, oneLine } from './layout.js';

/** Maximum length of a dividing line. */
const WIDEST = 110;

const none = '';
const chars = {
  ...{ top: none, 'top-mid': none, 'top-left': none, 'top-right': none, mid: none, 'mid-mid': none },
  ...{ bottom: none, 'bottom-mid': none, 'bottom-left': none, 'bottom-right': none, middle: none },
  ...{ left: none, 'left-mid': none, right: none, 'right-mid': none },
};

/** Sentences, the table, sentences; no spaces at the ends of lines. */
export function renderText(data: TableData): string {
  const { title, about = [], notes = [] } = data;
  const above = [...(title === undefined ? [] : [`${oneLine(title)}:`]), ...about];
  return [above.join('\n'), tableText(data), notes.join('\n')].filter((part) => part !== '').join('\n\n');
}

function tableText(data: TableData): string {
  const { head, groups } = layOut(data);
  const all = groups.flat();
  const widest = head.map((_, at) => Math.max(0, ...all.map((line) => line[at]!.mark.length)));
  const shown = (cell: LaidCell, at: number): string => {
    // Keeps numbers aligned.
    const missing = head[at]!.right ? widest[at]! - cell.mark.length : 0;
    const spaces = missing > 0 && cell.mark === '' ? missing + 1 : missing;
    return `${marked(cell)}${' '.repeat(spaces)}`;
  };
  const table = new Table({
    chars,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: head.map((h) => (h.right ? 'right' : 'left')),
  });
  table.push(
    head.map((h) => h.title),
    ...all.map((line) => line.map(shown)),
  );
  const [first, ...lines] = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const divider = '-'.repeat(Math.min(WIDEST, Math.max(...[first!, ...lines].map((line) => [...line].length))));
  const parts = groups.map((group) => lines.splice(0, group.length).join('\n'));
  return [first, divider, parts.join(`\n${divider}\n`)].filter((part) => part !== '').join('\n');
}
