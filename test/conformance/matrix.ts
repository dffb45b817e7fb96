/** Between the nested rows of the golden files and the flat arrays of the library. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** `rows * columns` values, row by row. */
  readonly values: Float64Array;
}

/** Nested rows as one flat array. Throws if the rows differ in length. */
export function flattenRows(nested: readonly (readonly number[])[]): Matrix {
  const columns = nested[0]?.length ?? 0;
  if (nested.some((row) => row.length !== columns)) throw new Error('the rows of a matrix differ in length');
  return { rows: nested.length, columns, values: Float64Array.from(nested.flat()) };
}

/** A flat array as nested rows of `columns` values each. */
export function nestRows(values: ArrayLike<number>, columns: number): number[][] {
  const rows = columns === 0 ? 0 : values.length / columns;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, c) => values[row * columns + c]!),
  );
}

/** The values of the transposed matrix, row by row. */
export const turned = ({ rows, columns, values }: Matrix): Float64Array =>
  Float64Array.from(values, (_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
