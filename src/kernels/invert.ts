import { fail } from '../errors.js';
import { runSync } from '../progress.js';
import type { Machine, WasmMachine } from './_machine.js';
import { takeSlots } from './slots.js';
import { placeOf, type Symmetric, TILE } from './symmetric.js';

export interface InvertKernels {
  /**
   * Replaces the symmetric positive definite matrix `a` by its inverse; only the lower triangle is read. Without pivoting, as such a
   * matrix allows: in float32 the relative error is about 1e-7 times the condition number. n^3 / 2 multiplications.
   * @throws RecdistillError `not-positive-definite` when a pivot vanishes against its diagonal element; `a` is then lost
   */
  invert(a: Symmetric): void;
  /**
   * The same bits in parts of about 10^9 multiplications, for callers that have something else to do in between; yields which share is done.
   * No other matrix may be inverted meanwhile, and `a` is lost if it is not taken to its end.
   */
  inverting(a: Symmetric): Generator<number, void>;
}

/** A pivot below this share of its diagonal element is nothing but rounding. */
const TOLERANCE = { f32: 2 ** -22, f64: 2 ** -50 };

const notPositive = (row: number, n: number) => fail('not-positive-definite', { row, n });

export function invertReference(m: Machine): InvertKernels {
  return {
    invert: (a) => runSync(inverting(a)),
    inverting,
  };

  /** Sweeps (Goodnight 1979): after the sweep of row k, the rows up to k hold -1 times the inverse of their part. */
  function* inverting({ n, values: a }: Symmetric): Generator<number, void> {
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

/** Products of tiles between two looks at the rest of the world: 2^30 multiplications, a tenth of a second or two on one thread. */
const TILES_AT_ONCE = 64;

export function invertWasm(m: WasmMachine): InvertKernels {
  const bytes = TILE * TILE * 4;
  return {
    invert: (a) => runSync(inverting(a)),
    inverting,
  };

  /** The same, a whole tile at a time. */
  function* inverting({ n, values }: Symmetric): Generator<number, void> {
    const a = m.address(values);
    const down = Math.ceil(n / TILE);
    const tiles = (down * (down + 1)) / 2;
    const least = m.workspace('invert.limits', n * 4);
    const work = m.workspace('invert.work', bytes * 2);
    const pivot = m.workspace('invert.pivot', bytes);
    const v = m.workspace('invert.v', down * bytes);
    const w = m.workspace('invert.w', down * bytes);
    const status = m.intsAt(m.workspace('invert.status', 4), 1).fill(-1);
    m.run('limits', [a, TOLERANCE.f32, least], n, n);
    for (let k = 0; k < down; k++) {
      const size = Math.min(TILE, n - k * TILE);
      m.run('invertBlock', [a, k, size, pivot, work, least, status.byteOffset], 1, 1);
      if (status[0]! >= 0) notPositive(status[0]!, n);
      if (down === 1) yield 1;
      if (down === 1) break;
      m.run('sweepColumns', [a, k, pivot, v, w, ...takeSlots(m, 'invert', 2 * bytes + 128)], down, 1);
      for (let tile = 0; tile < tiles; tile += TILES_AT_ONCE) {
        m.run('sweepTiles', [a, k, v, w], Math.min(tiles, tile + TILES_AT_ONCE), 1, tile);
        yield (k + Math.min(1, (tile + TILES_AT_ONCE) / tiles)) / down;
      }
    }
    m.run('finish', [a], tiles, 1);
  }
}
