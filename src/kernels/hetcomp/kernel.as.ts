// One step of HetComp's student without the full score matrix: blocks of users, four at a time.
//
//   hetcompPrepare   items -> tables of strips (tile.as.ts); the largest norm of each tile            parallel over tiles
//   hetcompUsers     scores -> e^s -> sums; losses, user gradients, score gradients                   parallel over groups of four
//   hetcompItems     item gradients of the block, in strips, users in order                           parallel over tiles
//   hetcompFinish    back to rows, added to the item gradient                                         parallel over tiles
//
// A block's `exponentials` are panels, [tile][group of four users]. After hetcompUsers they hold, for each user, the gradients of the scores
// divided by a factor. The user's `weights` are the user's vector times this factor, so hetcompItems is a plain outer product.

import { SCORE_LIMIT } from './layout';
import { exclude, mark } from './lists.as';
import { HetcompPlan, panel, tableOf } from './plan.as';
import { bestTaught, solve } from './solve.as';
import { finishTiles, largestNorm, prepareTiles } from '../strips/table.as';
import { addOuter, exponentials, fold, greatest, guardedExponentials, plainSums, scores, shiftedExponentials, weightedSums } from '../strips/tile.as';

const LIMIT: f64 = SCORE_LIMIT;
const LOG2E: f64 = 1.4426950408889634;
/** How the exponentials of a group are computed: all scores within LIMIT; relative to a shift near the maximum; relative to the maximum, or clamped. */
const PLAIN = 0, SHIFTED = 1, GUARDED = 2;
/** Float32 sums are added to the float64 sums after this many items. */
const FOLD = 512;

export function hetcompPrepare(plan: HetcompPlan, begin: i32, end: i32): void {
  prepareTiles(plan.itemVectors, plan.nItems, plan.dim, plan.shift, plan.table, plan.gradients, plan.norms, begin, end);
}

export function hetcompUsers(plan: HetcompPlan, scale: f64, first: i32, begin: i32, end: i32): void {
  const p = plan;
  const norm = largestNorm(p.norms, p.tiles);
  for (let g = begin; g < end; g++) group(p, scale, first, g, norm);
}

function group(p: HetcompPlan, scale: f64, first: i32, g: i32, norm: f64): void {
  const dim = p.dim, strips = 1 << (p.shift - 2);
  const vectors = p.vectors + (((g * dim) as usize) << 4);
  const lanes = p.lanes + (((g * (dim + 1)) as usize) << 6);
  const totals = p.totals + (((g * (dim + 1)) as usize) << 5);
  memory.fill(lanes, 0, ((dim + 1) as usize) << 6);
  memory.fill(totals, 0, ((dim + 1) as usize) << 5);
  memory.fill(p.heads + (((g * (p.tiles + 1)) as usize) << 4), 0xff, ((p.tiles + 1) as usize) << 4);

  // A user whose bit is 0 (after the end of the batch, or without finite scores) has a zero vector and is skipped at the end.
  let alive = 0, guarded = 0;
  for (let b = 0; b < 4; b++) {
    const index = first + g * 4 + b;
    let length: f64 = 0;
    let from: usize = 0;
    if (index < p.batch) {
      from = p.userVectors + (((load<i32>(p.users + ((index as usize) << 2)) * dim) as usize) << 2);
      for (let k = 0; k < dim; k++) {
        const x = load<f32>(from + ((k as usize) << 2)) as f64;
        length += x * x;
      }
      const bound = Math.sqrt(length) * norm;
      if (bound <= 1e38) {
        alive |= 1 << b;
        if (bound > LIMIT) guarded |= 1 << b;
        mark(p, g, b, index);
      } else store<f32>(p.losses + ((index as usize) << 2), NaN);
    }
    for (let k = 0; k < dim; k++) {
      store<f32>(vectors + (((k * 4 + b) as usize) << 2), (alive >> b) & 1 ? load<f32>(from + ((k as usize) << 2)) : 0);
    }
  }
  // Scores of a guarded group stay in natural units: differences of large scores are taken before anything is rounded.
  if (!guarded) {
    for (let k = 0; k < dim * 4; k++) {
      const at = vectors + ((k as usize) << 2);
      store<f32>(at, ((load<f32>(at) as f64) * LOG2E) as f32);
    }
  }

  let shift0: f32 = 0, shift1: f32 = 0, shift2: f32 = 0, shift3: f32 = 0;
  if (alive == 0) {
    for (let tile = 0; tile < p.tiles; tile++) memory.fill(panel(p, tile, g), 0, (16 as usize) << p.shift);
  } else if (!guarded) sumUp(p, g, first, alive, PLAIN, 0, 0, 0, 0);
  else if (!p.exact) sumUp(p, g, first, alive, GUARDED, 0, 0, 0, 0);
  else {
    // Listed items nearly always have scores near the maximum. If not, the maximum must be found first.
    if (guarded & 1) shift0 = bestTaught(p, first + g * 4);
    if (guarded & 2) shift1 = bestTaught(p, first + g * 4 + 1);
    if (guarded & 4) shift2 = bestTaught(p, first + g * 4 + 2);
    if (guarded & 8) shift3 = bestTaught(p, first + g * 4 + 3);
    sumUp(p, g, first, alive, SHIFTED, shift0, shift1, shift2, shift3);
    if (!inRange(totals + ((dim as usize) << 5), guarded)) {
      memory.fill(totals, 0, ((dim + 1) as usize) << 5);
      shift0 = shift1 = shift2 = shift3 = -Infinity;
      for (let tile = 0; tile < p.tiles; tile++) {
        const e = panel(p, tile, g);
        scores(tableOf(p, tile), vectors, e, dim, strips);
        exclude(p, g, tile, e, first, alive, NaN);
        shift0 = greatest(e, shift0, strips);
        shift1 = greatest(e + 16, shift1, strips);
        shift2 = greatest(e + 32, shift2, strips);
        shift3 = greatest(e + 48, shift3, strips);
      }
      shift0 = guarded & 1 && shift0 > -Infinity ? shift0 : 0;
      shift1 = guarded & 2 && shift1 > -Infinity ? shift1 : 0;
      shift2 = guarded & 4 && shift2 > -Infinity ? shift2 : 0;
      shift3 = guarded & 8 && shift3 > -Infinity ? shift3 : 0;
      sumUp(p, g, first, alive, GUARDED, shift0, shift1, shift2, shift3);
    }
  }
  for (let b = 0; b < 4; b++) {
    const shift = b < 2 ? (b == 0 ? shift0 : shift1) : b == 2 ? shift2 : shift3;
    if ((alive >> b) & 1) solve(p, g, b, first, (guarded >> b) & 1, guarded == 0 ? 1 : 0, shift, scale);
    else for (let k = 0; k < dim; k++) store<f32>(p.weights + ((((g * dim + k) * 4 + b) as usize) << 2), 0);
  }
}

/** Writes e^(s - shift) of the remainder to the panels of four users, and their sums, plain and weighted by the items' vectors, to the group's totals. */
function sumUp(p: HetcompPlan, g: i32, first: i32, alive: i32, form: i32, shift0: f32, shift1: f32, shift2: f32, shift3: f32): void {
  const dim = p.dim, strips = 1 << (p.shift - 2);
  const vectors = p.vectors + (((g * dim) as usize) << 4);
  const lanes = p.lanes + (((g * (dim + 1)) as usize) << 6), plain = lanes + ((dim as usize) << 6);
  const totals = p.totals + (((g * (dim + 1)) as usize) << 5);
  // Beyond 87 an exponential is no longer a normal float32. A score minus the maximum is never above 0.
  const limit = (p.exact ? 87 : LIMIT) as f32;
  for (let tile = 0, pending = 0; tile < p.tiles; tile++) {
    const e = panel(p, tile, g);
    const table = tableOf(p, tile);
    scores(table, vectors, e, dim, strips);
    if (form == GUARDED) {
      exclude(p, g, tile, e, first, alive, NaN);
      guardedExponentials(e, plain, shift0, limit, strips);
      guardedExponentials(e + 16, plain + 16, shift1, limit, strips);
      guardedExponentials(e + 32, plain + 32, shift2, limit, strips);
      guardedExponentials(e + 48, plain + 48, shift3, limit, strips);
    } else {
      if (form == PLAIN) exponentials(e, (16 as usize) << p.shift);
      else shiftedExponentials(e, shift0, shift1, shift2, shift3, strips);
      exclude(p, g, tile, e, first, alive, 0);
      plainSums(e, plain, strips);
    }
    weightedSums(e, table, lanes, dim, strips);
    pending += 1 << p.shift;
    if (pending >= FOLD || tile + 1 == p.tiles) {
      fold(lanes, totals, (dim + 1) * 4);
      pending = 0;
    }
  }
}

/** Whether the sums of the users in `guarded` are far from both limits of float32, so that clamped values are negligible. */
function inRange(sums: usize, guarded: i32): bool {
  for (let b = 0; b < 4; b++) {
    const sum = load<f64>(sums + ((b as usize) << 3));
    if ((guarded >> b) & 1 && !(sum > 1e-20 && sum < 1e30)) return false;
  }
  return true;
}

export function hetcompItems(plan: HetcompPlan, groups: i32, begin: i32, end: i32): void {
  const p = plan;
  for (let tile = begin; tile < end; tile++) {
    const target = p.gradients + (tableOf(p, tile) - p.table);
    for (let g = 0; g < groups; g++) {
      addOuter(target, p.weights + (((g * p.dim) as usize) << 4), panel(p, tile, g), p.dim, 1 << (p.shift - 2));
    }
  }
}

export function hetcompFinish(plan: HetcompPlan, scale: f64, begin: i32, end: i32): void {
  finishTiles(plan.itemGradient, plan.nItems, plan.dim, plan.shift, plan.gradients, scale as f32, begin, end);
}
