/** The half-steps of iALS (ials.ts): ridge regressions of the rows of one side on the vectors of the other, and the model that they make. */
import type { Interactions } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, type Rows, takeRows } from '../kernels/index.js';
import type { Model, Tables } from './_model.js';
import { scoreByFactors } from './factors.js';
import { takeAscending } from './given-histories.js';

export interface IalsOptions {
  readonly dim: number;
  readonly unobservedWeight: number;
  readonly l2: number;
  readonly l2Exponent: number;
}

/** Multiplications between two steps. */
const AT_ONCE = 2 ** 29;

/** The interactions of one side in kernel memory, with l2 (n + w * size of the other side)^e for each row. */
export interface Side {
  readonly rows: Rows;
  readonly ridges: Floats;
}

/** @param x its rows are those of the side */
export function takeSide(k: Kernels, x: Interactions, o: IalsOptions): Side {
  const rows = takeRows(k, { columns: x.nItems, indptr: x.indptr, indices: x.indices }, x.weights);
  return { rows, ridges: ridgesOf(k, rows, o) };
}

export function freeSide(k: Kernels, { rows, ridges }: Side): void {
  k.free(ridges);
  freeRows(k, rows);
}

/** l2 (n + w * size of the other side)^e for each row; n = sum of weights. */
function ridgesOf(k: Kernels, { rows, columns, indptr, weights }: Rows, o: IalsOptions): Floats {
  const ridges = k.floats(rows);
  for (let r = 0; r < rows; r++) {
    let observed = weights ? 0 : indptr[r + 1]! - indptr[r]!;
    if (weights) for (let e = indptr[r]!; e < indptr[r + 1]!; e++) observed += weights[e]!;
    ridges[r] = o.l2 * (observed + o.unobservedWeight * columns) ** o.l2Exponent;
  }
  return ridges;
}

/**
 * Solves for all rows of a side, in blocks.
 * @param source vectors of the other side
 * @param base w S'S of all its vectors
 * @param target `dim` values for each row
 * @param step gets the share that is done, 0 to 1
 */
export async function solveSide(
  k: Kernels,
  { rows, ridges }: Side,
  {
    source,
    base,
    target,
    dim,
  }: { readonly source: Floats; readonly base: Floats; readonly target: Floats; readonly dim: number },
  step: (share: number) => Promise<void>,
): Promise<void> {
  for (const { start, end } of blocksOf(rows, dim)) {
    const some = { ...rows, rows: end - start, indptr: rows.indptr.subarray(start, end + 1) };
    k.als(some, source, base, ridges.subarray(start), target.subarray(start * dim), dim);
    await step(end / rows.rows);
  }
}

/** Multiplications of the half-step for a row with `n` interactions: its matrix and the solution. */
export const workOf = (n: number, dim: number): number => (n * dim ** 2) / 2 + dim ** 3 / 6 + dim ** 2;

/** Blocks of rows that are solved between two steps. */
function* blocksOf({ rows, indptr }: Rows, dim: number): Generator<{ readonly start: number; readonly end: number }> {
  let start = 0;
  let work = 0;
  for (let row = 0; row < rows; row++) {
    work += workOf(indptr[row + 1]! - indptr[row]!, dim);
    if (work < AT_ONCE && row + 1 < rows) continue;
    yield { start, end: row + 1 };
    [start, work] = [row + 1, 0];
  }
}

export interface SolvedModel extends Model {
  /** To be called after the item vectors have changed. */
  forgetGram(): void;
}

/** The model of these tables, which it closes. Its users may be a range of those of the data: it has a row for each. */
export function modelOfTables(
  k: Kernels,
  tables: Tables,
  { nUsers, nItems }: { readonly nUsers: number; readonly nItems: number },
  o: IalsOptions,
  size: number,
): SolvedModel {
  // w Q'Q of the item vectors, for histories.
  let gram: Floats | undefined;
  const forgetGram = () => {
    if (gram) k.free(gram);
    gram = undefined;
  };
  return {
    ...{ name: 'ials', nUsers, nItems, parameters: [], size, forgetGram },
    tables: () => tables,
    scoreRows: (rows, out) => scoreByFactors(k, tables, rows, nItems, out),
    histories: { by: 'solve', score },
    close: () => {
      forgetGram();
      k.free(tables.userFactors, tables.itemFactors);
    },
  };

  /**
   * One half-step with the final item vectors. The stored user vectors belong to the item vectors of the half-step before. An empty history has the
   * zero vector. @throws RecdistillError `not-positive-definite`
   */
  function score(given: Rows, out: Floats): void {
    const { itemFactors, dim } = tables;
    if (!gram) {
      gram = k.floats(dim * dim);
      k.gemm(itemFactors, itemFactors, gram, dim, dim, nItems, 'tn', { alpha: o.unobservedWeight });
    }
    const histories = takeAscending(k, given, nItems, 'weighted');
    const [ridges, factors] = [ridgesOf(k, histories, o), k.floats(given.rows * dim)];
    try {
      k.als(histories, itemFactors, gram, ridges, factors, dim);
      k.gemm(factors, itemFactors, out, given.rows, nItems, dim, 'nt');
    } finally {
      freeRows(k, histories);
      k.free(ridges, factors);
    }
  }
}
