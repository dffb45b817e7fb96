// The best items of each row of scores. A slot has a tile of scores and the maximum of every group of 16 of them (select.as.ts).
// topKDot computes the scores in the slot and stores them nowhere else.
import { giveSlot, takeSlot } from '../machine/slots.as';
import { BLOCK, maximaAt, scoresAt, sortBufferAt, statesAt, vectorsAt } from './layout';
import { collect, copy, hide, ordered, restart, writeBest } from './select.as';
import { multiplyAdd } from '../machine/multiply-add.as';

/** Blocks [begin, end) of 64 items as 8 panels of dim x 8 values. Items past the last one are NaN, which is never ranked. */
export function packItems(q: usize, dim: i32, nItems: i32, panels: usize, begin: i32, end: i32): void {
  const row = (dim as usize) << 2;
  for (let i = begin * BLOCK; i < end * BLOCK; i++) {
    let to = panels + ((i >> 3) as usize) * (row << 3) + ((i & 7) as usize << 2);
    const from = q + (i as usize) * row;
    for (let d: usize = 0; d < row; d += 4) {
      store<f32>(to, i < nItems ? load<f32>(from + d) : NaN);
      to += 32;
    }
  }
}

/**
 * Users [begin, end) of topKDot, `group` at a time. `tile` is a multiple of BLOCK, capacity at least min(depth, nItems) + BLOCK.
 */
export function topKDot(
  u: usize, panels: usize, dim: i32, users: usize, nItems: i32, indptr: usize, indices: usize, depth: i32, out: usize, outScores: usize,
  group: i32, tile: i32, capacity: i32, flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const keys = slotMemory + (slot as usize) * slotBytes;
  const sortBuffer = keys + (sortBufferAt(group, capacity) as usize);
  const states = keys + (statesAt(group, capacity) as usize);
  const vectors = keys + (vectorsAt(group, capacity) as usize);
  const scores = keys + (scoresAt(group, capacity, dim) as usize);
  const maxima = keys + (maximaAt(group, capacity, dim, tile) as usize);
  const scoreStep = (tile as usize) << 2, maximaStep = (tile as usize) >> 2;
  const row = (dim as usize) << 2;
  const kept = min(depth, nItems);
  const rows = end - begin, fours = rows & ~3;
  packUsers(u, row, users + ((begin as usize) << 2), rows, vectors);
  for (let r = 0; r < rows; r++) restart(states + ((r as usize) << 3));
  for (let first = 0; first < nItems; first += tile) {
    const size = min(tile, nItems - first);
    const blocks = (size + BLOCK - 1) / BLOCK;
    for (let b = 0; b < blocks; b++) {
      const panel = panels + (((first >> 6) + b) as usize) * (row << 6);
      const s = scores + ((b as usize) << 8), m = maxima + ((b as usize) << 4);
      for (let r = 0; r < fours; r += 4) {
        const at = r as usize;
        score4(vectors + at * row, panel, row, s + at * scoreStep, scoreStep, m + at * maximaStep, maximaStep);
      }
      for (let r = fours; r < rows; r++) {
        const at = r as usize;
        score1(vectors + at * row, panel, row, s + at * scoreStep, m + at * maximaStep);
      }
    }
    for (let r = 0; r < rows; r++) {
      const at = r as usize;
      const mine = load<i32>(users + (((begin + r) as usize) << 2));
      const s = scores + at * scoreStep, m = maxima + at * maximaStep, k = keys + (at * (capacity as usize) << 3), state = states + (at << 3);
      if (indptr) hide(indptr + ((mine as usize) << 2), indices, first, size, s, m);
      collect(s, m, first, blocks, kept, capacity, k, sortBuffer, state, first + size < nItems);
    }
  }
  for (let r = 0; r < rows; r++) {
    const at = r as usize, to = ((begin + r) as usize) * (depth as usize) << 2;
    writeBest(keys + (at * (capacity as usize) << 3), sortBuffer, load<i32>(states + (at << 3)), depth, out + to, outScores ? outScores + to : 0);
  }
  giveSlot(flags, slot);
}

/** Rows [begin, end) of topK. The slot is that of topKDot with group 1 and dim 0. */
export function topK(
  source: usize, nItems: i32, maskRows: usize, indptr: usize, indices: usize, depth: i32, out: usize, outScores: usize,
  tile: i32, capacity: i32, flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const keys = slotMemory + (slot as usize) * slotBytes;
  const sortBuffer = keys + (sortBufferAt(1, capacity) as usize);
  const state = keys + (statesAt(1, capacity) as usize);
  const scores = keys + (scoresAt(1, capacity, 0) as usize);
  const maxima = keys + (maximaAt(1, capacity, 0, tile) as usize);
  const kept = min(depth, nItems);
  for (let r = begin; r < end; r++) {
    const from = source + ((r as usize) * (nItems as usize) << 2);
    restart(state);
    for (let first = 0; first < nItems; first += tile) {
      const size = min(tile, nItems - first);
      const blocks = (size + BLOCK - 1) / BLOCK;
      copy(from + ((first as usize) << 2), size, blocks, scores, maxima);
      if (indptr) {
        const mine = load<i32>(maskRows + ((r as usize) << 2));
        hide(indptr + ((mine as usize) << 2), indices, first, size, scores, maxima);
      }
      collect(scores, maxima, first, blocks, kept, capacity, keys, sortBuffer, state, first + size < nItems);
    }
    const to = (r as usize) * (depth as usize) << 2;
    writeBest(keys, sortBuffer, load<i32>(state), depth, out + to, outScores ? outScores + to : 0);
  }
  giveSlot(flags, slot);
}

/** Vectors of users in fours as dim x 4 values, then the remaining ones unchanged. */
function packUsers(u: usize, row: usize, users: usize, rows: i32, to: usize): void {
  const fours = rows & ~3;
  for (let r = 0; r < rows; r++) {
    const from = u + (load<i32>(users + ((r as usize) << 2)) as usize) * row;
    if (r >= fours) {
      memory.copy(to + (r as usize) * row, from, row);
      continue;
    }
    const lane = to + ((r & ~3) as usize) * row + ((r & 3) as usize << 2);
    for (let d: usize = 0; d < row; d += 4) store<f32>(lane + (d << 2), load<f32>(from + d));
  }
}

/** Scores of one block for four users, term by term in order of d as in score1, and the maxima of its groups; NaN is ignored. */
function score4(vectors: usize, panel: usize, row: usize, scores: usize, step: usize, maxima: usize, maximaStep: usize): void {
  const none = f32x4.splat(-Infinity);
  let m0 = none, m1 = none, m2 = none, m3 = none;
  for (let to = scores; to != scores + 256; to += 32) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    const end = panel + (row << 3);
    let v = vectors;
    do {
      const q0 = v128.load(panel), q1 = v128.load(panel, 16);
      let x = v128.load_splat<f32>(v);
      c00 = multiplyAdd(x, q0, c00);
      c01 = multiplyAdd(x, q1, c01);
      x = v128.load_splat<f32>(v, 4);
      c10 = multiplyAdd(x, q0, c10);
      c11 = multiplyAdd(x, q1, c11);
      x = v128.load_splat<f32>(v, 8);
      c20 = multiplyAdd(x, q0, c20);
      c21 = multiplyAdd(x, q1, c21);
      x = v128.load_splat<f32>(v, 12);
      c30 = multiplyAdd(x, q0, c30);
      c31 = multiplyAdd(x, q1, c31);
      v += 16;
      panel += 32;
    } while (panel != end);
    v128.store(to, c00);
    v128.store(to, c01, 16);
    v128.store(to + step, c10);
    v128.store(to + step, c11, 16);
    v128.store(to + 2 * step, c20);
    v128.store(to + 2 * step, c21, 16);
    v128.store(to + 3 * step, c30);
    v128.store(to + 3 * step, c31, 16);
    m0 = f32x4.pmax(f32x4.pmax(m0, c00), c01);
    m1 = f32x4.pmax(f32x4.pmax(m1, c10), c11);
    m2 = f32x4.pmax(f32x4.pmax(m2, c20), c21);
    m3 = f32x4.pmax(f32x4.pmax(m3, c30), c31);
  }
  v128.store(maxima, ordered(m0));
  v128.store(maxima + maximaStep, ordered(m1));
  v128.store(maxima + 2 * maximaStep, ordered(m2));
  v128.store(maxima + 3 * maximaStep, ordered(m3));
}

/** Scores of one block for one user, two panels at a time: one panel would wait for its sums, four would read too many addresses. */
function score1(vector: usize, panel: usize, row: usize, scores: usize, maxima: usize): void {
  const size = row << 3;
  let most = f32x4.splat(-Infinity);
  for (let pair = 0; pair < 4; pair++) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let p1 = panel + size;
    const end = p1;
    let v = vector;
    do {
      const x = v128.load_splat<f32>(v);
      c0 = multiplyAdd(x, v128.load(panel), c0);
      c1 = multiplyAdd(x, v128.load(panel, 16), c1);
      c2 = multiplyAdd(x, v128.load(p1), c2);
      c3 = multiplyAdd(x, v128.load(p1, 16), c3);
      v += 4;
      panel += 32;
      p1 += 32;
    } while (panel != end);
    v128.store(scores, c0);
    v128.store(scores, c1, 16);
    v128.store(scores, c2, 32);
    v128.store(scores, c3, 48);
    most = f32x4.pmax(f32x4.pmax(f32x4.pmax(f32x4.pmax(most, c0), c1), c2), c3);
    scores += 64;
    panel = p1;
  }
  v128.store(maxima, ordered(most));
}
