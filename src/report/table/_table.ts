/** The values of a result table and their meaning. The renderings format them. */

/**
 * The kind of values in a column. It determines their format and alignment (text left, numbers right).
 * - `text`: text.
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
  /** Identifies the column and its cells, also in CSV and JSON, such as `recall@50`; unique in the table. */
  readonly id: string;
  /** Heading of the column. */
  readonly title: string;
  readonly kind: ColumnKind;
  /** Description of the values, in one sentence. */
  readonly meaning?: string;
}

/** A value over several seeds. */
export interface MeanAndDeviation {
  readonly mean: number;
  /** Standard deviation; NaN for a single value. */
  readonly deviation: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Several numbers are shown side by side, such as min / median / max. NaN is a value that is not defined. */
export type CellValue = string | number | readonly number[] | MeanAndDeviation | Interval;

export interface Row {
  /** By column id. An absent number is shown as `-`, an absent text is empty. */
  readonly cells: Readonly<Record<string, CellValue | undefined>>;
  /** Marks after values, by column id, such as `*` for a significant difference. The notes of the table explain them. */
  readonly marks?: Readonly<Record<string, string>>;
  /** A line separates successive rows of different groups. */
  readonly group?: string;
}

export interface TableData {
  readonly title?: string;
  /** Sentences above the table, such as what was measured and how. */
  readonly about?: readonly string[];
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Sentences below the table, such as the meaning of marks and conclusions. */
  readonly notes?: readonly string[];
  /**
   * Text, Markdown and HTML show columns as lines, and rows as columns with the first cell as heading. CSV and JSON are not transposed.
   */
  readonly transposed?: boolean;
}
