/** What a table of results holds: values and what they mean, not how they are shown. */

/**
 * What the values of a column are; it decides how they are shown and how they are aligned (text to the left, numbers to the right).
 * - `text`: words.
 * - `metric`: a metric such as recall, in [0, 1] or not; four decimals.
 * - `difference`: a difference of two metrics, with its sign.
 * - `percent`: a relative change, 0.05 = 5 % more, with its sign.
 * - `share`: a part of a whole, 0.05 = 5 %.
 * - `interval`: from `low` to `high`, as differences of metrics.
 * - `p-value`: in [0, 1].
 * - `ratio`: how many times larger or slower.
 * - `count`, `bytes`, `seconds`, `microseconds`: whole or fractional numbers of these.
 * - `score`: a score that a model gives an item.
 */
export type ColumnKind =
  | 'text'
  | 'metric'
  | 'difference'
  | 'percent'
  | 'share'
  | 'interval'
  | 'p-value'
  | 'ratio'
  | 'count'
  | 'bytes'
  | 'seconds'
  | 'microseconds'
  | 'score';

export interface Column {
  /** Names the column in CSV and JSON, and its cells; unique in the table. Such as `recall@50`. */
  readonly id: string;
  /** Above the column. */
  readonly title: string;
  readonly kind: ColumnKind;
  /** What the values are, in one sentence. */
  readonly meaning?: string;
}

/** A value over several seeds. */
export interface MeanAndDeviation {
  readonly mean: number;
  /** Standard deviation; NaN for a single value, which is then shown alone. */
  readonly deviation: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Several numbers are shown beside each other, such as least / median / most. NaN is a value that is not defined. */
export type CellValue = string | number | readonly number[] | MeanAndDeviation | Interval;

export interface Row {
  /** By column id; what is absent is not known and shown as `-` (a text: as nothing). */
  readonly cells: Readonly<Record<string, CellValue | undefined>>;
  /** Marks behind values, by column id: `*` for a significant difference. The table's sentences say what they mean. */
  readonly marks?: Readonly<Record<string, string>>;
  /** Rows that follow each other and are of one group stand together. */
  readonly group?: string;
}

export interface TableData {
  readonly title?: string;
  /** Sentences above the table: what was measured and how. */
  readonly about?: readonly string[];
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Sentences below the table: what the marks mean, what follows. */
  readonly notes?: readonly string[];
  /**
   * Text, Markdown and HTML show a line for each column and a column for each row, headed by its first cell: for many values of few rows.
   * CSV and JSON stay as they are.
   */
  readonly transposed?: boolean;
}
