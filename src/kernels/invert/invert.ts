import { fail } from '../../errors.js';
import { runSync } from '../../progress.js';
import type { Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import { TILE, TILE_BYTES } from '../symmetric/layout.js';
import { placeOf, type Symmetric } from '../symmetric/symmetric.js';

export interface InvertKernels {
  /**
   * Replaces the symmetric positive definite matrix `a` by its inverse. Only the lower triangle is read. No pivoting is needed. In float32 the
   * relative error is about 1e-7 times the condition number. n^3 / 2 multiplications.
   * @throws RecdistillError `not-positive-definite` if a pivot vanishes relative to its diagonal element; `a` is then undefined
   */
  invert(a: Symmetric): void;
  /**
   * The same bits in parts of about 10^9 multiplications. Yields the completed share. No other matrix may be inverted before it is done, and
   * `a` is undefined if the generator is not run to its end.
   */
  invertInParts(a: Symmetric): Generator<number, void>;
}

/** A smaller share of the diagonal element means that a pivot is only rounding error. */
const TOLERANCE = { f32: 2 ** -22, f64: 2 ** -50 };

const notPositive = (row: number, n: number) => fail('not-positive-definite', { row, n });

export function invertReference(m: Machine): InvertKernels {
  return {
    invert: (a) => runSync(invertInParts(a)),
    invertInParts,
  };

  /** Sweeps (Goodnight 1979): after the sweep of row k, the rows up to k hold -1 times the inverse of their part. */
  function* invertInParts({ n, values: a }: Symmetric): Generator<number, void> {
    const limits = Float64Array.from({ length: n }, (_, k) => TOLERANCE[m.precision] * a[placeOf(k, k)]!);
    for (let k = 0; k < n; k++) {
      const pivot = a[placeOf(k, k)]!;
      if (!(pivot > limits[k]! && pivot > 0 && pivot < Number.POSITIVE_INFINITY)) notPositive(k, n);
      const column = Float64Array.from({ length: n }, (_, i) => a[placeOf(i, k)]!);
      for (let i = 0; i < n; i++) {
        if (i === k) continue;
        for (let j = 0; j <= i; j++) if (j !== k) a[placeOf(i, j)]! -= (column[i]! * column[j]!) / pivot;
      }
      for (let i = 0; i < n; i++) a[placeOf(i, k)] = column[i]! / pivot;
      a[placeOf(k, k)] = -1 / pivot;
      yield (k + 1) / n;
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const at = placeOf(i, j);
        a[at] = -a[at]!;
        // The upper triangle of a tile on the diagonal.
        if (Math.floor(i / TILE) === Math.floor(j / TILE)) a[at + (j - i) * (TILE - 1)] = a[at]!;
      }
    }
  }
}

/** Products of tiles per part: 2^30 multiplications, one or two tenths of a second on one thread. */
const TILES_AT_ONCE = 64;

export function invertWasm(m: WasmMachine): InvertKernels {
  return {
    invert: (a) => runSync(invertInParts(a)),
    invertInParts,
  };

  /** The same, a whole tile at a time. */
  function* invertInParts({ n, values: a }: Symmetric): Generator<number, void> {
    const down = Math.ceil(n / TILE);
    const tiles = (down * (down + 1)) / 2;
    const limits = m.workspace('invert.limits', n * 4);
    const work = m.workspace('invert.work', TILE_BYTES * 2);
    const pivot = m.workspace('invert.pivot', TILE_BYTES);
    const v = m.workspace('invert.v', down * TILE_BYTES);
    const w = m.workspace('invert.w', down * TILE_BYTES);
    const status = m.intsAt(m.workspace('invert.status', 4), 1).fill(-1);
    m.run('pivotLimits', { a, tolerance: TOLERANCE.f32, out: limits }, n, n);
    for (let k = 0; k < down; k++) {
      const size = Math.min(TILE, n - k * TILE);
      m.run('invertBlock', { a, k, size, packed: pivot, work, limits, status: status.byteOffset }, 1, 1);
      if (status[0]! >= 0) notPositive(status[0]!, n);
      if (down === 1) yield 1;
      if (down === 1) break;
      // Two tiles, and a panel of 4 x 8 floats at an edge.
      const slots = takeSlots(m, 'invert', 2 * TILE_BYTES + 128);
      m.run('sweepColumns', { a, k, pivot, v, w, ...slots }, down, 1);
      for (let tile = 0; tile < tiles; tile += TILES_AT_ONCE) {
        m.run('sweepTiles', { a, k, v, w }, Math.min(tiles, tile + TILES_AT_ONCE), 1, tile);
        yield (k + Math.min(1, (tile + TILES_AT_ONCE) / tiles)) / down;
      }
    }
    m.run('finishInverse', { a }, tiles, 1);
  }
}
