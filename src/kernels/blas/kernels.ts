/** The kernels that the arithmetic `blas` replaces, with the same parameters and chunks as in WebAssembly. */
import { NT, TN } from '../gemm/layout.js';
import type { Kernel } from '../machine/job.js';
import { TILE, TILE_BYTES } from '../symmetric/layout.js';
import type { Product } from './library.js';

const at = (i: number, j: number): number => ((i * (i + 1)) / 2 + j) * TILE_BYTES;

/** @param buffer of the memory in which `product` multiplies */
export function blasKernels(product: Product, buffer: ArrayBufferLike): Readonly<Record<string, Kernel>> {
  /** Chunks as in gemm/kernel.as.ts: a tile of c, or the partial sums of a share of the k terms. */
  const gemm: Kernel = (...args) => {
    const [a, b, c, m, n, k, lda, ldb, ldc, form, alpha, accumulate, lower, tileM, tileN, parts, sums] = args as Gemm;
    const [begin, end] = args.slice(-2) as [number, number];
    const across = Math.ceil(n / tileN);
    const tiles = across * Math.ceil(m / tileM);
    for (let t = begin; t < end; t++) {
      const part = Math.floor(t / tiles);
      const [i0, j0] = [Math.floor((t % tiles) / across) * tileM, (t % across) * tileN];
      const [rows, columns] = [Math.min(tileM, m - i0), Math.min(tileN, n - j0)];
      if (lower && j0 > i0 + rows - 1) continue;
      const [p0, p1] = [Math.floor((part * k) / parts), Math.floor(((part + 1) * k) / parts)];
      const whole = parts === 1;
      const step = whole ? ldc : n;
      product(
        ...([form === TN, form === NT, [rows, columns, p1 - p0], whole ? alpha : 1] as const),
        [a + 4 * (form === TN ? p0 * lda + i0 : i0 * lda + p0), lda],
        [b + 4 * (form === NT ? j0 * ldb + p0 : p0 * ldb + j0), ldb],
        whole && accumulate ? 1 : 0,
        [(whole ? c : sums + 4 * part * m * n) + 4 * (i0 * step + j0), step],
      );
    }
  };

  /** Copies a tile, transposed. */
  const transpose = (from: number, to: number): void => {
    const [source, target] = [from, to].map((address) => new Float32Array(buffer, address, TILE * TILE)) as [
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < TILE; i++) for (let j = 0; j < TILE; j++) target[j * TILE + i] = source[i * TILE + j]!;
  };

  /** As in invert/kernel.as.ts, but v and w hold whole tiles instead of panels. The block (k, k) is -P. */
  const sweepColumns: Kernel = (...args) => {
    const [a, k, , v, w] = args as [number, number, number, number, number];
    const [begin, end] = args.slice(-2) as [number, number];
    for (let i = begin; i < end; i++) {
      if (i === k) continue;
      const [vi, wi] = [v + i * TILE_BYTES, w + i * TILE_BYTES];
      const tile = a + (i > k ? at(i, k) : at(k, i));
      if (i > k) new Uint8Array(buffer).copyWithin(wi, tile, tile + TILE_BYTES);
      else transpose(tile, wi);
      product(false, false, [TILE, TILE, TILE], -1, [wi, TILE], [a + at(k, k), TILE], 0, [vi, TILE]);
      if (i > k) new Uint8Array(buffer).copyWithin(tile, vi, vi + TILE_BYTES);
      else transpose(vi, tile);
    }
  };

  const sweepTiles: Kernel = (...args) => {
    const [a, k, v, w, begin, end] = args as [number, number, number, number, number, number];
    for (let t = begin; t < end; t++) {
      let i = Math.floor((Math.sqrt(8 * t + 1) - 1) / 2);
      while ((i * (i + 1)) / 2 > t) i--;
      while (((i + 1) * (i + 2)) / 2 <= t) i++;
      const j = t - (i * (i + 1)) / 2;
      if (i === k || j === k) continue;
      const [vi, wj, tile] = [v + i * TILE_BYTES, w + j * TILE_BYTES, a + t * TILE_BYTES];
      product(false, true, [TILE, TILE, TILE], -1, [vi, TILE], [wj, TILE], 1, [tile, TILE]);
    }
  };
  return { gemm, sweepColumns, sweepTiles };
}

/** The first parameters of the kernel `gemm`. */
type Gemm = [
  ...[a: number, b: number, c: number, m: number, n: number, k: number, lda: number, ldb: number, ldc: number],
  ...[form: number, alpha: number, accumulate: number, lower: number, tileM: number, tileN: number, parts: number],
  sums: number,
];
