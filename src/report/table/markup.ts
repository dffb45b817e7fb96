/** A table as Markdown and as HTML. Text from data is escaped: it cannot break the table or become markup. */
import type { TableData } from './_table.js';
import { layOut, marked, oneLine } from './layout.js';

/** Text escaped for Markdown. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\|*_`<>[\]&~]/g, '\\$&');

/** Text escaped for HTML. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** Paragraphs and a table of GitHub's Markdown. Groups of rows are not separated: Markdown has no dividing lines. */
export function renderMarkdown(data: TableData): string {
  const { title, about = [], notes = [] } = data;
  const { head, groups } = layOut(data);
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => escapeMarkdown(cell.trim())).join(' | ')} |`;
  const rule = `|${head.map((h) => (h.right ? '---:' : '---')).join('|')}|`;
  const table = [line(head.map((h) => h.title)), rule, ...groups.flat().map((cells) => line(cells.map(marked)))];
  return [
    ...(title === undefined ? [] : [`**${escapeMarkdown(oneLine(title))}**`]),
    escapeMarkdown(about.join('\n')),
    table.join('\n'),
    escapeMarkdown(notes.join('\n')),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Paragraphs and a `<table>`, without a page around them. The title of a heading is the meaning of the column. */
export function renderHtml(data: TableData): string {
  const { title, about = [], notes = [] } = data;
  const { head, groups } = layOut(data);
  const paragraphs = (lines: readonly string[]) => lines.map((text) => `<p>${escapeHtml(text)}</p>`);
  const cell = (tag: string, at: number, text: string, meaning?: string) => {
    const hint = meaning === undefined ? '' : ` title="${escapeHtml(meaning)}"`;
    return `<${tag}${head[at]!.right ? ' class="right"' : ''}${hint}>${escapeHtml(text)}</${tag}>`;
  };
  const titles = head.map((h, at) => cell('th', at, h.title, h.meaning)).join('');
  const bodies = groups.map((lines) => {
    const rows = lines.map((cells) => `<tr>${cells.map((c, at) => cell('td', at, marked(c))).join('')}</tr>`);
    return `<tbody>\n${rows.join('\n')}\n</tbody>`;
  });
  const caption = title === undefined ? '' : `<caption>${escapeHtml(title)}</caption>\n`;
  const table = `<table>\n${caption}<thead><tr>${titles}</tr></thead>\n${bodies.join('\n')}\n</table>`;
  return [...paragraphs(about), `<div class="wide">${table}</div>`, ...paragraphs(notes)].join('\n');
}
