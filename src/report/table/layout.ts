/** Converts values to the strings of text, Markdown and HTML, so that all three show the same. */
import {
  formatBytes,
  formatCount,
  formatDifference,
  formatMetric,
  formatMicroseconds,
  formatP,
  formatPercent,
  formatScore,
  formatSeconds,
  formatShare,
  formatTimes,
} from '../format.js';
import type { CellValue, Column, ColumnKind, TableData } from './_table.js';

const formats: Readonly<Record<Exclude<ColumnKind, 'text'>, (value: number) => string>> = {
  metric: formatMetric,
  difference: formatDifference,
  percent: formatPercent,
  share: formatShare,
  interval: formatMetric,
  'p-value': formatP,
  ratio: formatTimes,
  count: formatCount,
  bytes: formatBytes,
  seconds: formatSeconds,
  microseconds: formatMicroseconds,
  score: formatScore,
};

/** A formatted value. */
export function formatCell(kind: ColumnKind, value: CellValue | undefined): string {
  if (value === undefined) return kind === 'text' ? '' : '-';
  if (typeof value === 'string') return oneLine(value);
  const number = (n: number): string => {
    if (kind === 'text') return String(n);
    return Number.isNaN(n) && kind !== 'p-value' ? '-' : formats[kind](n);
  };
  if (typeof value === 'number') return number(value);
  if ('low' in value) return `${number(value.low)} to ${number(value.high)}`;
  if ('mean' in value)
    return Number.isNaN(value.deviation) ? number(value.mean) : `${number(value.mean)} ± ${number(value.deviation)}`;
  return value.map(number).join(' / ');
}

/** Names come from data: a line end or an escape sequence in one must not reach the terminal. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

export interface Head {
  readonly title: string;
  /** Numbers are aligned to the right. */
  readonly right: boolean;
  readonly meaning?: string;
}

export interface LaidCell {
  readonly text: string;
  /** Empty where there is none. */
  readonly mark: string;
}

export interface Layout {
  readonly head: readonly Head[];
  /** Groups of lines, in order. */
  readonly groups: readonly (readonly (readonly LaidCell[])[])[];
}

export function layOut({ columns, rows, transposed }: TableData): Layout {
  const lines = rows.map(({ cells, marks }) =>
    columns.map(({ id, kind }) => ({ text: formatCell(kind, cells[id]), mark: marks?.[id] ?? '' })),
  );
  if (transposed) return transpose(columns, lines);
  const groups: LaidCell[][][] = [];
  for (const [at, line] of lines.entries()) {
    if (at > 0 && rows[at]!.group === rows[at - 1]!.group) groups.at(-1)!.push(line);
    else groups.push([line]);
  }
  return { head: columns.map(headOf), groups };
}

const headOf = ({ title, kind, meaning }: Column): Head => ({
  ...{ title: oneLine(title), right: kind !== 'text' },
  ...(meaning === undefined ? {} : { meaning }),
});

function transpose(columns: readonly Column[], lines: readonly (readonly LaidCell[])[]): Layout {
  const [first, ...others] = columns.map(headOf);
  const head = [first!, ...lines.map((line) => ({ title: line[0]!.text, right: true }))];
  const turned = others.map(({ title }, at) => [{ text: title, mark: '' }, ...lines.map((line) => line[at + 1]!)]);
  return { head: [{ ...head[0]!, right: false }, ...head.slice(1)], groups: turned.length > 0 ? [turned] : [] };
}

/** A value with its mark. */
export const marked = ({ text, mark }: LaidCell): string => (mark === '' ? text : `${text} ${oneLine(mark)}`);
