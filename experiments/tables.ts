/** Tables, tests and sentences that several pages have. */
import { compare, type Evaluation } from 'recdistill/eval';
import { deviation, mean, meanEvaluation } from 'recdistill/experiment';
import { type CellValue, type Column, formatMetric, resultTable } from 'recdistill/report';

/** The standard deviation of a single value is not defined, and not shown. */
export const spread = (values: readonly number[]) => ({ mean: mean(values), deviation: deviation(values) });

/** Titles of columns and their kinds, in order. */
export type Columns = Readonly<Record<string, Column['kind']>>;

/**
 * A table as Markdown.
 * @param columns title and kind, in order
 * @param rows a value for each column
 */
export function table(columns: Columns, rows: readonly (readonly (CellValue | undefined)[])[]): string {
  const titles = Object.keys(columns);
  return resultTable({
    columns: Object.entries(columns).map(([title, kind]) => ({ id: title, title, kind })),
    rows: rows.map((row) => ({ cells: Object.fromEntries(titles.map((title, at) => [title, row[at]])) })),
  }).toMarkdown();
}

/** Columns of one kind. */
export const columnsOf = (titles: readonly string[], kind: Column['kind']): Columns =>
  Object.fromEntries(titles.map((title) => [title, kind]));

/** A difference of two rows of a page, over users. */
export interface TestRow {
  readonly row: string;
  readonly against: string;
  readonly metric: string;
  /** The mean of `row` minus that of `against`, as a share of the latter. */
  readonly relativeDifference: number;
  /** NaN if no user differs. */
  readonly adjustedP: number;
}

type Rows = Readonly<Record<string, Evaluation>>;

/** A row against others by a paired t test over users, each with the mean over the seeds that have all rows; Holm over all tests. */
export function testsOf(
  seeds: readonly Rows[],
  row: string,
  others: readonly string[],
  metrics: readonly string[],
): TestRow[] {
  const complete = seeds.filter((rows) => [row, ...others].every((name) => name in rows));
  const of = (name: string) => meanEvaluation(complete.map((rows) => rows[name]!));
  const list = others.map((name) => ({ name, evaluation: of(name) }));
  return compare(of(row), list, { metrics, adjust: 'holm' }).map(({ name, metric, mean, difference, adjustedP }) => {
    // `compare` gives the other minus this one.
    const relativeDifference = mean === 0 ? Number.NaN : -difference / mean;
    return { row, against: name, metric, relativeDifference, adjustedP };
  });
}

export const testTable = (tests: readonly TestRow[]): string =>
  table(
    { row: 'text', against: 'text', metric: 'text', difference: 'percent', 'adjusted p': 'p-value' },
    tests.map((t) => [t.row, t.against, t.metric, t.relativeDifference, t.adjustedP]),
  );

/** Means over users, by row. */
export type Means = Readonly<Record<string, Readonly<Record<string, number>>>>;

export const meansOf = (rows: Rows, metrics: readonly string[]): Means =>
  Object.fromEntries(
    Object.entries(rows).map(([row, { means }]) => [row, Object.fromEntries(metrics.map((m) => [m, means[m]!]))]),
  );

/** A line for each of these rows: mean and standard deviation over the seeds that have it. */
export const meansTable = (seeds: readonly Means[], rows: readonly string[], metrics: readonly string[]): string =>
  table(
    { row: 'text', ...columnsOf(metrics, 'metric') },
    rows.map((row) => [
      row,
      ...metrics.map((m) => spread(seeds.flatMap((means) => (means[row] === undefined ? [] : [means[row][m]!])))),
    ]),
  );

/** What was tried on valid for one setting. */
export interface Search {
  readonly best: string | number;
  /** Empty for a setting that was not searched. */
  readonly tries: readonly { readonly value: string | number; readonly valid: number }[];
}

export const searchTable = (found: Readonly<Record<string, Search>>): string =>
  table(
    { setting: 'text', chosen: 'text', 'tried (valid)': 'text' },
    Object.entries(found).map(([what, { best, tries }]) => [
      what,
      best,
      tries.length === 0 ? 'not searched' : tries.map((t) => `${t.value} (${formatMetric(t.valid)})`).join(', '),
    ]),
  );
