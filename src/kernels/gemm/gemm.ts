import { fail } from '../../errors.js';
import { runSync } from '../../progress.js';
import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import { DEPTH, NN, NT, slotBytes, TN } from './layout.js';

/** Which operand is transposed: `nn` none, `nt` b (n x k), `tn` a (k x m). */
export type GemmForm = 'nn' | 'nt' | 'tn';

export interface GemmOptions {
  /** Elements from one row to the next, for a part of a wider matrix. Default: its own width. */
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  /** Factor of the product; default 1. */
  readonly alpha?: number;
  /** Adds to c instead of replacing it. Default: false. */
  readonly accumulate?: boolean;
  /** Leaves parts of c strictly above the diagonal undefined, for a symmetric c. About half the work. Default: false. */
  readonly lower?: boolean;
}

export interface GemmKernels {
  /**
   * c = alpha * op(a) op(b), or c + alpha * op(a) op(b). Row-major; c is m x n, op(a) m x k, op(b) k x n. c must not overlap a or b.
   * For a part of a matrix, pass a view that starts at its first element, and lda, ldb or ldc.
   * @throws RecdistillError `usage` if an array is shorter than its matrix
   */
  gemm(a: Floats, b: Floats, c: Floats, m: number, n: number, k: number, form: GemmForm, options?: GemmOptions): void;
  /** The same bits in parts, for a product that takes seconds. Yields the completed share. No other product may run before it is done. */
  gemmInParts(...of: Parameters<GemmKernels['gemm']>): Generator<number, void>;
}

interface Shape {
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly alpha: number;
  readonly accumulate: boolean;
  readonly lower: boolean;
}

function shapeOf(
  a: Floats,
  b: Floats,
  c: Floats,
  m: number,
  n: number,
  k: number,
  form: GemmForm,
  o: GemmOptions,
): Shape {
  const [aRows, aColumns] = form === 'tn' ? [k, m] : [m, k];
  const [bRows, bColumns] = form === 'nt' ? [n, k] : [k, n];
  const { lda = aColumns, ldb = bColumns, ldc = n, alpha = 1, accumulate = false, lower = false } = o;
  const check = (name: string, array: Floats, rows: number, columns: number, ld: number) => {
    const needed = rows === 0 || columns === 0 ? 0 : (rows - 1) * ld + columns;
    if (ld >= columns && array.length >= needed) return;
    fail('usage', {
      problem: `gemm: ${name} has ${array.length} values with row stride ${ld}; ${rows} x ${columns} needs ${needed}`,
      hint: `Check m, n, k, the form and the ld${name} option.`,
    });
  };
  check('a', a, aRows, aColumns, lda);
  check('b', b, bRows, bColumns, ldb);
  check('c', c, m, n, ldc);
  return { lda, ldb, ldc, alpha, accumulate, lower };
}

export function gemmReference(_: Machine): GemmKernels {
  const gemm: GemmKernels['gemm'] = (a, b, c, m, n, k, form, options = {}) => {
    const { lda, ldb, ldc, alpha, accumulate, lower } = shapeOf(a, b, c, m, n, k, form, options);
    const [aRow, aTerm] = form === 'tn' ? [1, lda] : [lda, 1];
    const [bTerm, bColumn] = form === 'nt' ? [1, ldb] : [ldb, 1];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < (lower ? Math.min(i + 1, n) : n); j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += a[i * aRow + p * aTerm]! * b[p * bTerm + j * bColumn]!;
        c[i * ldc + j] = alpha * sum + (accumulate ? c[i * ldc + j]! : 0);
      }
    }
  };
  return {
    gemm,
    *gemmInParts(...of) {
      gemm(...of);
      yield 1;
    },
  };
}

/** Maximum side of a tile: 512 rows of packed terms take half of a 1 MB L2 cache. */
const SIDE = 512;
/** Target number of chunks: enough that waiting for the last one costs little on a few threads. */
const CHUNKS = 24;
/** Minimum multiplications per chunk. Scheduling a smaller chunk costs more than computing it. */
const LEAST = 2 ** 20;
/** Maximum number of values in the partial sums of a long product. */
const PARTIAL = 2 ** 23;

/** Multiplications per part of gemmInParts. */
const AT_ONCE = 2 ** 30;

const FORMS = { nn: NN, nt: NT, tn: TN } as const;

/** Division of the work by shape alone, so that the result does not depend on the number of threads. */
function divide(m: number, n: number, k: number): { tileM: number; tileN: number; tiles: number; parts: number } {
  let [down, across, parts] = [Math.ceil(m / SIDE), Math.ceil(n / SIDE), 1];
  const chunks = Math.min(CHUNKS, Math.floor((m * n * k) / LEAST));
  const blocks = Math.ceil(k / DEPTH);
  if (down * across < chunks && blocks >= 8) {
    parts = Math.max(1, Math.min(Math.ceil(chunks / (down * across)), blocks >> 1, Math.floor(PARTIAL / (m * n))));
  }
  while (down * across * parts < chunks && Math.max(m / down, n / across) > 32) {
    if (m / down > n / across) down += 1;
    else across += 1;
  }
  const tileM = Math.ceil(m / down / 4) * 4;
  const tileN = Math.ceil(n / across / 16) * 16;
  return { tileM, tileN, tiles: Math.ceil(m / tileM) * Math.ceil(n / tileN), parts };
}

export function gemmWasm(w: WasmMachine): GemmKernels {
  return {
    gemm: (...of) => runSync(runInParts(Number.POSITIVE_INFINITY, ...of)),
    gemmInParts: (...of) => runInParts(AT_ONCE, ...of),
  };

  /** @param most multiplications per part, if that gives at least as many chunks as threads */
  function* runInParts(most: number, ...of: Parameters<GemmKernels['gemm']>): Generator<number, void> {
    const [a, b, c, m, n, k, form, options = {}] = of;
    const { lda, ldb, ldc, alpha, accumulate, lower } = shapeOf(a, b, c, m, n, k, form, options);
    if (m === 0 || n === 0) return;
    if (k === 0) {
      for (let i = 0; i < m && !accumulate; i++) c.fill(0, i * ldc, i * ldc + n);
      return;
    }
    const { tileM, tileN, tiles, parts } = divide(m, n, k);
    const sums = parts > 1 ? w.workspace('gemm.sums', parts * m * n * 4) : 0;
    const args = {
      a,
      b,
      c,
      ...{ m, n, k, lda, ldb, ldc, alpha, tileM, tileN, parts, sums },
      form: FORMS[form],
      accumulate: accumulate ? 1 : 0,
      lower: lower ? 1 : 0,
      ...takeSlots(w, 'gemm', slotBytes(tileM, tileN)),
    };
    const chunks = tiles * parts;
    const some = Math.max(w.threads, Math.ceil((most * chunks) / (m * n * k)));
    for (let first = 0; first < chunks; first += some) {
      const last = Math.min(chunks, first + some);
      w.run('gemm', args, last, 1, first);
      yield last / chunks;
    }
    if (parts === 1) return;
    w.run('addParts', { sums, parts, c, ldc, m, n, alpha, accumulate: args.accumulate }, m, 16);
  }
}
