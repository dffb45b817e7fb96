/** A table as CSV, with numbers that are not rounded. */
import type { CellValue, Row, TableData } from './_table.js';

/**
 * CSV as in RFC 4180, but with `\n` between lines and none at the end. The first line has the ids of the columns. A mean and its deviation
 * are two columns (`ID`, `ID_deviation`), so are an interval (`ID_low`, `ID_high`) and a value with its mark (`ID`, `ID_mark`). What is not known or
 * not defined is empty.
 */
export function renderCsv({ columns, rows }: TableData): string {
  const fields = columns.flatMap(({ id }) => {
    const parts = [...new Set(rows.flatMap((row) => Object.keys(partsOf(row.cells[id]))))];
    const values = (parts.length > 0 ? parts : ['']).map((part) => ({
      title: `${id}${part}`,
      of: (row: Row) => partsOf(row.cells[id])[part],
    }));
    const isMarked = rows.some((row) => row.marks?.[id] !== undefined);
    return isMarked ? [...values, { title: `${id}_mark`, of: (row: Row) => row.marks?.[id] }] : values;
  });
  const line = (values: readonly (string | number | undefined)[]) => values.map(csvField).join(',');
  return [line(fields.map((f) => f.title)), ...rows.map((row) => line(fields.map((f) => f.of(row))))].join('\n');
}

/** The fields of a cell, by the suffix of their column id. */
function partsOf(value: CellValue | undefined): Readonly<Record<string, string | number>> {
  if (value === undefined) return {};
  if (typeof value !== 'object') return { '': value };
  if ('low' in value) return { _low: value.low, _high: value.high };
  if ('mean' in value)
    return { '': value.mean, ...(Number.isNaN(value.deviation) ? {} : { _deviation: value.deviation }) };
  return { '': value.join(' / ') };
}

function csvField(value: string | number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
