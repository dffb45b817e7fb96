// Matrix product, float32: c = alpha * op(a) op(b) (+ c), row-major.
// As in Goto and van de Geijn 2008: a tile of c is one chunk; its part of op(a) is packed into panels of 4 rows, of op(b) into panels
// of PANEL columns, DEPTH terms at a time.
import { giveSlot, takeSlot } from '../machine/slots.as';
import { DEPTH, NN, TN } from './layout';
import { multiply, packAcross, packAlong, PANEL } from './panels.as';

/**
 * Chunk t is tile (t / columns of tiles, t % columns of tiles) of part t / tiles. With one part the tile goes to c; with more, each
 * part sums its own share of the k terms into parts[part] (m x n), for addParts. `lower` skips tiles wholly above the diagonal.
 * tileM is a multiple of 4 and tileN of 16.
 */
export function gemm(
  a: usize, b: usize, c: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, form: i32, alpha: f64, accumulate: i32,
  lower: i32, tileM: i32, tileN: i32, parts: i32, sums: usize, flags: usize, slots: i32, slotMemory: usize, slotBytes: usize,
  begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const packedA = slotMemory + (slot as usize) * slotBytes;
  const packedB = packedA + ((tileM * DEPTH) as usize << 2);
  const edge = packedB + ((tileN * DEPTH) as usize << 2);
  const across = (n + tileN - 1) / tileN;
  const tiles = across * ((m + tileM - 1) / tileM);
  const blocks = (k + DEPTH - 1) / DEPTH;
  const aStep = (lda as usize) << 2, bStep = (ldb as usize) << 2;
  for (let t = begin; t < end; t++) {
    const part = t / tiles;
    const i0 = ((t % tiles) / across) * tileM, j0 = (t % across) * tileN;
    const rows = min(tileM, m - i0), columns = min(tileN, n - j0);
    if (lower && j0 > i0 + rows - 1) continue;
    const whole = parts == 1;
    const step = ((whole ? ldc : n) as usize) << 2;
    const target = (whole ? c : sums + ((part as usize) * (m as usize) * (n as usize) << 2)) + (i0 as usize) * step + ((j0 as usize) << 2);
    const last = (part + 1) * blocks / parts;
    let add = whole && accumulate != 0;
    for (let block = part * blocks / parts; block < last; block++) {
      const p0 = ((block as i64) * (k as i64) / (blocks as i64)) as i32;
      const kc = ((((block + 1) as i64) * (k as i64) / (blocks as i64)) as i32) - p0;
      if (form == TN) packAlong(a + (p0 as usize) * aStep + ((i0 as usize) << 2), aStep, rows, kc, packedA, 4);
      else packAcross(a + (i0 as usize) * aStep + ((p0 as usize) << 2), aStep, rows, kc, packedA, 4);
      if (form == NN || form == TN) packAlong(b + (p0 as usize) * bStep + ((j0 as usize) << 2), bStep, columns, kc, packedB, PANEL);
      else packAcross(b + (j0 as usize) * bStep + ((p0 as usize) << 2), bStep, columns, kc, packedB, PANEL);
      multiply(packedA, packedB, target, rows, columns, kc, step, whole ? (alpha as f32) : 1, add, edge);
      add = true;
    }
  }
  giveSlot(flags, slot);
}

/** Rows [begin, end) of c = alpha * (sums[0] + sums[1] + ...) (+ c), in this order. */
export function addParts(sums: usize, parts: i32, c: usize, ldc: i32, m: i32, n: i32, alpha: f64, accumulate: i32, begin: i32, end: i32): void {
  const scale = alpha as f32;
  const size = ((m as usize) * (n as usize)) << 2;
  for (let i = begin; i < end; i++) {
    const from = sums + ((i as usize) * (n as usize) << 2);
    const to = c + ((i as usize) * (ldc as usize) << 2);
    for (let j = 0; j < n; j++) {
      const at = (j as usize) << 2;
      let sum = load<f32>(from + at);
      for (let part = 1; part < parts; part++) sum += load<f32>(from + at + (part as usize) * size);
      store<f32>(to + at, accumulate ? load<f32>(to + at) + scale * sum : scale * sum);
    }
  }
}
