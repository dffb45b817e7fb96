// One step of a softmax over all items against weighted lists, without the full score matrix: blocks of users, four at a time.
//
//   softmaxPrepare   items -> tables of strips (strips/table.as.ts)                                   parallel over tiles
//   softmaxUsers     scores -> e^s -> sums; losses, user gradients, score gradients                   parallel over groups of four
//   softmaxItems     item gradients of the block, in strips, users in order                           parallel over tiles
//   softmaxFinish    back to rows, added to the item gradient                                         parallel over tiles
//
// A block's `exponentials` are panels, [tile][group of four users]. After softmaxUsers they hold, for each user, the gradients of the scores
// divided by a factor. The user's `weights` are the user's vector times this factor, so softmaxItems is a plain outer product.

import { finishTiles, inPanel, largestNorm, prepareTiles, tileOffset } from '../strips/table.as';
import { addOuter, exponentials, fold, greatest, plainSums, scores, shiftedExponentials, weightedSums } from '../strips/tile.as';
import { addTo, dot } from '../strips/vectors.as';
import { SoftmaxPlan } from './plan.as';

const LOG2E: f64 = 1.4426950408889634;
/** Within this range e^s and its sums are normal float32 numbers. Beyond it, the maximum is found first. */
const LIMIT: f64 = 60;
/** Float32 sums are added to the float64 sums after this many items. */
const FOLD = 512;
/** If the whole gradient of the other items is smaller, it is below the rounding error of the lists' own gradients. */
const NEGLIGIBLE: f64 = 1e-20;

export function softmaxPrepare(plan: SoftmaxPlan, begin: i32, end: i32): void {
  prepareTiles(plan.itemVectors, plan.nItems, plan.dim, plan.shift, plan.table, plan.gradients, plan.norms, begin, end);
}

export function softmaxUsers(plan: SoftmaxPlan, scale: f64, temperature: f64, ownWeight: f64, first: i32, begin: i32, end: i32): void {
  const norm = largestNorm(plan.norms, plan.tiles);
  for (let g = begin; g < end; g++) group(plan, scale, temperature, ownWeight, first, g, norm);
}

export function softmaxItems(plan: SoftmaxPlan, groups: i32, begin: i32, end: i32): void {
  const p = plan;
  for (let tile = begin; tile < end; tile++) {
    const target = p.gradients + tileOffset(tile, p.dim, p.shift);
    for (let g = 0; g < groups; g++) {
      addOuter(target, p.weights + (((g * p.dim) as usize) << 4), panel(p, tile, g), p.dim, 1 << (p.shift - 2));
    }
  }
}

export function softmaxFinish(plan: SoftmaxPlan, scale: f64, temperature: f64, begin: i32, end: i32): void {
  const factor = (scale / temperature) as f32;
  finishTiles(plan.itemGradient, plan.nItems, plan.dim, plan.shift, plan.gradients, factor, begin, end);
}

/** The exponentials of a group of four users on one tile. */
function panel(p: SoftmaxPlan, tile: i32, g: i32): usize {
  return p.exponentials + (((tile * p.block + g * 4) as usize) << (p.shift + 2));
}

// @ts-ignore: decorator
@inline
function cell(p: SoftmaxPlan, g: i32, b: i32, item: i32): usize {
  return panel(p, item >> p.shift, g) + inPanel(b, item & ((1 << p.shift) - 1));
}

// @ts-ignore: decorator
@inline
function userOf(p: SoftmaxPlan, index: i32): i32 {
  return load<i32>(p.users + ((index as usize) << 2));
}

function group(p: SoftmaxPlan, scale: f64, temperature: f64, ownWeight: f64, first: i32, g: i32, norm: f64): void {
  const dim = p.dim, strips = 1 << (p.shift - 2);
  const vectors = p.vectors + (((g * dim) as usize) << 4);
  const totals = p.totals + (((g * (dim + 1)) as usize) << 5);
  memory.fill(p.lanes + (((g * (dim + 1)) as usize) << 6), 0, ((dim + 1) as usize) << 6);
  memory.fill(totals, 0, ((dim + 1) as usize) << 5);

  // A user whose bit is 0 (after the end of the batch, or without finite scores) has a zero vector and is skipped at the end.
  let alive = 0, large = false;
  for (let b = 0; b < 4; b++) {
    const index = first + g * 4 + b;
    let from: usize = 0;
    if (index < p.batch) {
      from = p.userVectors + (((userOf(p, index) * dim) as usize) << 2);
      const bound = Math.sqrt(dot(from, from, dim)) * norm / temperature;
      if (bound <= 1e38) {
        alive |= 1 << b;
        if (bound > LIMIT) large = true;
      } else store<f32>(p.losses + ((index as usize) << 2), NaN);
    }
    for (let k = 0; k < dim; k++) {
      const x = (alive >> b) & 1 ? (load<f32>(from + ((k as usize) << 2)) as f64) / temperature : 0;
      store<f32>(vectors + (((k * 4 + b) as usize) << 2), x as f32);
    }
  }
  let shift0: f32 = 0, shift1: f32 = 0, shift2: f32 = 0, shift3: f32 = 0;
  if (alive == 0) {
    for (let tile = 0; tile < p.tiles; tile++) memory.fill(panel(p, tile, g), 0, (16 as usize) << p.shift);
  } else if (large) {
    shift0 = shift1 = shift2 = shift3 = -Infinity;
    for (let tile = 0; tile < p.tiles; tile++) {
      const e = panel(p, tile, g);
      scores(p.table + tileOffset(tile, dim, p.shift), vectors, e, dim, strips);
      exclude(p, g, tile, e, first, alive, NaN);
      shift0 = greatest(e, shift0, strips);
      shift1 = greatest(e + 16, shift1, strips);
      shift2 = greatest(e + 32, shift2, strips);
      shift3 = greatest(e + 48, shift3, strips);
    }
    // A user who has all items.
    if (shift0 == -Infinity) shift0 = 0;
    if (shift1 == -Infinity) shift1 = 0;
    if (shift2 == -Infinity) shift2 = 0;
    if (shift3 == -Infinity) shift3 = 0;
    sumUp(p, g, first, alive, true, shift0, shift1, shift2, shift3);
  } else {
    for (let k = 0; k < dim * 4; k++) {
      const at = vectors + ((k as usize) << 2);
      store<f32>(at, ((load<f32>(at) as f64) * LOG2E) as f32);
    }
    sumUp(p, g, first, alive, false, 0, 0, 0, 0);
  }
  for (let b = 0; b < 4; b++) {
    const shift = b < 2 ? (b == 0 ? shift0 : shift1) : b == 2 ? shift2 : shift3;
    if ((alive >> b) & 1) solve(p, g, b, first + g * 4 + b, shift, scale, temperature, ownWeight);
    else for (let k = 0; k < dim; k++) store<f32>(p.weights + ((((g * dim + k) * 4 + b) as usize) << 2), 0);
  }
}

/** Writes e^(s - shift) of the items that are not the user's own to the panels of four users, and their sums, plain and weighted by the items' vectors, to the totals. */
function sumUp(p: SoftmaxPlan, g: i32, first: i32, alive: i32, shifted: bool, shift0: f32, shift1: f32, shift2: f32, shift3: f32): void {
  const dim = p.dim, strips = 1 << (p.shift - 2);
  const vectors = p.vectors + (((g * dim) as usize) << 4);
  const lanes = p.lanes + (((g * (dim + 1)) as usize) << 6);
  const totals = p.totals + (((g * (dim + 1)) as usize) << 5);
  for (let tile = 0, pending = 0; tile < p.tiles; tile++) {
    const e = panel(p, tile, g);
    const table = p.table + tileOffset(tile, dim, p.shift);
    scores(table, vectors, e, dim, strips);
    if (shifted) shiftedExponentials(e, shift0, shift1, shift2, shift3, strips);
    else exponentials(e, (16 as usize) << p.shift);
    exclude(p, g, tile, e, first, alive, 0);
    plainSums(e, lanes + ((dim as usize) << 6), strips);
    weightedSums(e, table, lanes, dim, strips);
    pending += 1 << p.shift;
    if (pending >= FOLD || tile + 1 == p.tiles) {
      fold(lanes, totals, (dim + 1) * 4);
      pending = 0;
    }
  }
}

/** Overwrites the values of the users' own items and of the padding after the last item. Tiles are processed in order from 0. */
function exclude(p: SoftmaxPlan, g: i32, tile: i32, e: usize, first: i32, alive: i32, value: f32): void {
  const from = tile << p.shift;
  const to = from + (1 << p.shift);
  for (let b = 0; b < 4; b++) {
    for (let item = max(p.nItems, from); item < to; item++) store<f32>(e + inPanel(b, item - from), value);
    if (!((alive >> b) & 1)) continue;
    const starts = p.ownStarts + ((userOf(p, first + g * 4 + b) as usize) << 2);
    const cursor = p.cursors + (((g * 4 + b) as usize) << 2);
    const stop = load<i32>(starts, 4);
    let k = tile == 0 ? load<i32>(starts) : load<i32>(cursor);
    for (; k < stop; k++) {
      const item = load<i32>(p.ownItems + ((k as usize) << 2));
      if (item >= to) break;
      store<f32>(e + inPanel(b, item - from), value);
    }
    store<i32>(cursor, k);
  }
}

/** Loss and gradients of one user. The panels hold e^(s - shift) of all items but the user's own. */
function solve(p: SoftmaxPlan, g: i32, b: i32, index: i32, shift: f32, scale: f64, temperature: f64, ownWeight: f64): void {
  const dim = p.dim, user = userOf(p, index);
  const vector = p.userVectors + (((user * dim) as usize) << 2);
  const totals = p.totals + ((((g * (dim + 1)) * 4 + b) as usize) << 3);
  const gradient = p.sums + (((g * (dim + 1)) as usize) << 3);
  const owns = p.owns + (((g * p.longest) as usize) << 3);
  const ownStart = load<i32>(p.ownStarts + ((user as usize) << 2));
  const n = load<i32>(p.ownStarts + ((user as usize) << 2), 4) - ownStart;
  const own = p.ownItems + ((ownStart as usize) << 2);
  const listStart = load<i32>(p.listStarts + ((user as usize) << 2));
  const listed = load<i32>(p.listStarts + ((user as usize) << 2), 4) - listStart;
  const list = p.listItems + ((listStart as usize) << 2);
  const listWeights = p.listWeights + ((listStart as usize) << 2);

  // Logarithms of the sums of e^s: of the items that are not the user's own, and of all.
  const rest = (shift as f64) + Math.log(load<f64>(totals + ((dim as usize) << 5)));
  let most = rest;
  for (let i = 0; i < n; i++) {
    const s = dot(vector, rowOf(p, own, i), dim) / temperature;
    store<f64>(owns + ((i as usize) << 3), s);
    most = max<f64>(most, s);
  }
  let all = Math.exp(rest - most);
  for (let i = 0; i < n; i++) all += Math.exp(load<f64>(owns + ((i as usize) << 3)) - most);
  const logAll = most + Math.log(all);

  let loss: f64 = 0, weight: f64 = 0;
  for (let i = 0; i < listed; i++) {
    const w = load<f32>(listWeights + ((i as usize) << 2)) as f64;
    weight += w;
    loss += w * (rest - dot(vector, rowOf(p, list, i), dim) / temperature);
  }
  const ownTotal = ownWeight * (n as f64);
  for (let i = 0; i < n; i++) loss += ownWeight * (logAll - load<f64>(owns + ((i as usize) << 3)));
  store<f32>(p.losses + ((index as usize) << 2), loss as f32);

  // The gradient of an item that is neither listed nor own is factor * e^(s - shift).
  const factor = (weight > 0 ? weight * Math.exp((shift as f64) - rest) : 0) + ownTotal * Math.exp((shift as f64) - logAll);
  // The lists' gradients cannot be divided by a vanishing factor. Then the row holds only these gradients, and the weights are the vector itself.
  const vanishes = !(factor * Math.exp(rest - (shift as f64)) > NEGLIGIBLE);
  for (let tile = 0; vanishes && tile < p.tiles; tile++) {
    const from = panel(p, tile, g) + ((b as usize) << 4);
    for (let at: usize = 0; at < (16 as usize) << p.shift; at += 64) v128.store(from + at, f32x4.splat(0));
  }
  for (let k = 0; k < dim; k++) {
    const x = load<f32>(vector + ((k as usize) << 2)) as f64;
    store<f32>(p.weights + ((((g * dim + k) * 4 + b) as usize) << 2), (vanishes ? x : x * factor) as f32);
    store<f64>(gradient + ((k as usize) << 3), vanishes ? 0 : load<f64>(totals + ((k as usize) << 5)) * factor);
  }
  const inverse = vanishes ? 1.0 : 1.0 / factor;
  for (let i = 0; i < n; i++) {
    const s = load<f64>(owns + ((i as usize) << 3));
    add(p, g, b, load<i32>(own + ((i as usize) << 2)), ownTotal * Math.exp(s - logAll) - ownWeight, inverse, gradient);
  }
  for (let i = 0; i < listed; i++) {
    add(p, g, b, load<i32>(list + ((i as usize) << 2)), -(load<f32>(listWeights + ((i as usize) << 2)) as f64), inverse, gradient);
  }
  for (let k = 0; k < dim; k++) {
    const to = p.userGradient + (((user * dim + k) as usize) << 2);
    store<f32>(to, ((load<f32>(to) as f64) + scale / temperature * load<f64>(gradient + ((k as usize) << 3))) as f32);
  }
}

// @ts-ignore: decorator
@inline
function rowOf(p: SoftmaxPlan, ids: usize, at: i32): usize {
  return p.itemVectors + (((load<i32>(ids + ((at as usize) << 2)) * p.dim) as usize) << 2);
}

/** Adds the gradient `own` of an item's score to the user's row and to the gradient of the user's vector. */
function add(p: SoftmaxPlan, g: i32, b: i32, item: i32, own: f64, inverse: f64, gradient: usize): void {
  const to = cell(p, g, b, item);
  store<f32>(to, ((load<f32>(to) as f64) + own * inverse) as f32);
  addTo(gradient, own, p.itemVectors + (((item * p.dim) as usize) << 2), p.dim);
}
