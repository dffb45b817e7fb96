// Loss and gradients of one user's lists against the remainder. The sum and weighted sums of the remainder are known by then.

import { DENOMINATOR_FLOOR, SCORE_LIMIT, listBytes, vectorBytes } from './layout';
import { cell, lengthOf, linkOf, rankedOf, userOf } from './lists.as';
import { HetcompPlan, panel } from './plan.as';
import { exponentials } from '../strips/tile.as';
import { addTo, dot } from '../strips/vectors.as';

const LIMIT: f64 = SCORE_LIMIT;
const LOG2E: f64 = 1.4426950408889634;
/** If the whole gradient of a remainder is smaller, it is below the rounding error of the lists' own gradients. */
const NEGLIGIBLE: f64 = 1e-20;

/**
 * `guarded`: whether the user's scores may exceed +-LIMIT. `kept`: whether the links hold the exponentials of the listed items. The
 * remainder's exponentials are e^(s - shift). Writes the loss, adds the user's gradient, and sets weights and exponentials for
 * hetcompItems().
 */
export function solve(p: HetcompPlan, g: i32, b: i32, first: i32, guarded: i32, kept: i32, shift: f32, scale: f64): void {
  const dim = p.dim, index = first + g * 4 + b, user = userOf(p, index);
  const vector = p.userVectors + (((user * dim) as usize) << 2);
  const totals = p.totals + ((((g * (dim + 1)) * 4 + b) as usize) << 3);
  const starts = p.observedStarts + ((user as usize) << 2);
  const observed = p.observedItems + ((load<i32>(starts) as usize) << 2);
  const ranked = rankedOf(p, user);
  const seen = lengthOf(observed, load<i32>(starts, 4) - load<i32>(starts), p.nItems);
  const taught = lengthOf(ranked, p.taught, p.nItems);
  const twice = min(taught, p.taughtTwice);
  const n = seen + taught;

  // A gradient of the user's vector; then, for both lists in order: score, gradient, denominator (float64), exponential (float32), item.
  const room = p.entries as usize;
  const userGradient = p.lists + (g as usize) * (listBytes(dim, p.entries) as usize);
  const score = userGradient + (vectorBytes(dim) as usize);
  const gradient = score + room * 8;
  const denominator = gradient + room * 8;
  const exponential = denominator + room * 8;
  const item = exponential + room * 4;
  const logs = p.exact && guarded;
  memory.copy(item, observed, (seen as usize) << 2);
  memory.copy(item + ((seen as usize) << 2), ranked, (taught as usize) << 2);
  memory.fill(gradient, 0, (n as usize) << 3);
  const computed = kept ? seen : n;
  for (let i = 0; i < computed; i++) {
    let s = dot(vector, p.itemVectors + (((load<i32>(item + ((i as usize) << 2)) * dim) as usize) << 2), dim);
    if (!p.exact) s = min<f64>(max<f64>(s, -LIMIT), LIMIT);
    store<f64>(score + ((i as usize) << 3), s);
    store<f32>(exponential + ((i as usize) << 2), (logs ? 0 : s * LOG2E) as f32);
  }
  for (let i = computed; i & 15; i++) store<f32>(exponential + ((i as usize) << 2), 0);
  exponentials(exponential, (((computed + 15) & ~15) as usize) << 2);
  for (let i = computed; i < n; i++) {
    let e = linkOf(p, g, b, i - seen).value;
    // The item occurs twice in the list.
    if (e == 0) e = Math.exp(dot(vector, p.itemVectors + (((load<i32>(item + ((i as usize) << 2)) * dim) as usize) << 2), dim)) as f32;
    store<f32>(exponential + ((i as usize) << 2), e);
  }

  const sum = load<f64>(totals + ((dim as usize) << 5));
  const floor: f64 = p.exact ? 0 : DENOMINATOR_FLOOR;
  const cellOfLoss = denominator + ((n as usize) << 3);
  store<f64>(cellOfLoss, 0);
  let factor: f64;
  const at = seen as usize;
  if (logs) {
    // Everything stays in logarithms, as scores can differ by thousands.
    const offset = shift as f64;
    const rest = offset + Math.log(sum);
    if (!p.fine) factor = inLogs(score, gradient, denominator, n, rest, 1, 1, cellOfLoss);
    else {
      const a = inLogs(score, gradient, denominator, seen, rest, 1, 0, cellOfLoss);
      const h = inLogs(score + (at << 3), gradient + (at << 3), denominator, taught, rest, 0.5, 0, cellOfLoss);
      let wider = rest;
      for (let r = twice; r < taught; r++) if (linkOf(p, g, b, r).counts) wider = logAdd(wider, load<f64>(score + ((at + (r as usize)) << 3)));
      const q = inLogs(score + (at << 3), gradient + (at << 3), denominator, twice, wider, 0.5, 0, cellOfLoss);
      for (let r = twice; r < taught; r++) {
        const i = (at + (r as usize)) << 3;
        if (linkOf(p, g, b, r).counts) store<f64>(gradient + i, load<f64>(gradient + i) + Math.exp(load<f64>(score + i) + q));
      }
      factor = logAdd(logAdd(a, h), q);
    }
    factor = Math.exp(factor + offset);
  } else if (!p.fine) {
    factor = inSums(exponential, gradient, denominator, n, sum, floor, 1, 1, cellOfLoss);
  } else {
    const a = inSums(exponential, gradient, denominator, seen, sum, floor, 1, 0, cellOfLoss);
    const h = inSums(exponential + (at << 2), gradient + (at << 3), denominator, taught, sum, floor, 0.5, 0, cellOfLoss);
    let wider = sum;
    for (let r = twice; r < taught; r++) if (linkOf(p, g, b, r).counts) wider += load<f32>(exponential + ((at + (r as usize)) << 2)) as f64;
    const q = inSums(exponential + (at << 2), gradient + (at << 3), denominator, twice, wider, floor, 0.5, 0, cellOfLoss);
    for (let r = twice; r < taught; r++) {
      const i = at + (r as usize);
      if (!linkOf(p, g, b, r).counts) continue;
      store<f64>(gradient + (i << 3), load<f64>(gradient + (i << 3)) + q * (load<f32>(exponential + (i << 2)) as f64));
    }
    factor = a + h + q;
  }
  store<f32>(p.losses + ((index as usize) << 2), load<f64>(cellOfLoss) as f32);

  // The lists' gradients cannot be divided by a vanishing factor. Then the row holds only these gradients, and the weights are the vector itself.
  const vanishes = !(factor * sum > NEGLIGIBLE);
  for (let tile = 0; vanishes && tile < p.tiles; tile++) {
    const from = panel(p, tile, g) + ((b as usize) << 4);
    for (let at: usize = 0; at < (16 as usize) << p.shift; at += 64) v128.store(from + at, f32x4.splat(0));
  }
  for (let k = 0; k < dim; k++) {
    const x = load<f32>(vector + ((k as usize) << 2)) as f64;
    store<f32>(p.weights + ((((g * dim + k) * 4 + b) as usize) << 2), (vanishes ? x : x * factor) as f32);
    store<f64>(userGradient + ((k as usize) << 3), vanishes ? 0 : load<f64>(totals + ((k as usize) << 5)) * factor);
  }
  const inverse = vanishes ? 1.0 : 1.0 / factor;
  for (let i = 0; i < n; i++) {
    const id = load<i32>(item + ((i as usize) << 2));
    const row = p.itemVectors + (((id * dim) as usize) << 2);
    const own = load<f64>(gradient + ((i as usize) << 3));
    if (!p.exact && guarded && Math.abs(dot(vector, row, dim)) > LIMIT) continue;
    const to = cell(p, g, b, id);
    store<f32>(to, ((load<f32>(to) as f64) + own * inverse) as f32);
    addTo(userGradient, own, row, dim);
  }
  for (let k = 0; k < dim; k++) {
    const to = p.userGradient + (((user * dim + k) as usize) << 2);
    store<f32>(to, ((load<f32>(to) as f64) + scale * load<f64>(userGradient + ((k as usize) << 3))) as f32);
  }
}

/** The highest score of a user's listed items; 0 if there are none. */
export function bestTaught(p: HetcompPlan, index: i32): f32 {
  const dim = p.dim, user = userOf(p, index);
  const vector = p.userVectors + (((user * dim) as usize) << 2);
  const starts = p.observedStarts + ((user as usize) << 2);
  const observed = p.observedItems + ((load<i32>(starts) as usize) << 2);
  const ranked = rankedOf(p, user);
  const seen = lengthOf(observed, load<i32>(starts, 4) - load<i32>(starts), p.nItems);
  const taught = lengthOf(ranked, p.taught, p.nItems);
  let best = -Infinity;
  for (let i = 0; i < seen + taught; i++) {
    const id = i < seen ? load<i32>(observed + ((i as usize) << 2)) : load<i32>(ranked + (((i - seen) as usize) << 2));
    best = max<f64>(best, dot(vector, p.itemVectors + (((id * dim) as usize) << 2), dim));
  }
  return best > -Infinity ? (best as f32) : 0;
}

/**
 * factor * sum over k of log(denominator_k) - s_k, added at `loss`; gradients of the list's own scores added; returns
 * factor * sum of 1 / denominator, of those above the floor. The denominator is the item (`alone`) or the item and those
 * after it, and the remainder.
 */
function inSums(
  exponential: usize, gradient: usize, denominator: usize, n: i32,
  rest: f64, floor: f64, factor: f64, alone: i32, loss: usize,
): f64 {
  let suffix = rest, logs: f64 = 0, product: f64 = 1, owns: f64 = 1;
  for (let k = n - 1; k >= 0; k--) {
    const at = k as usize;
    const own = load<f32>(exponential + (at << 2)) as f64;
    suffix = (alone ? rest : suffix) + own;
    store<f64>(denominator + (at << 3), suffix);
    // log(d / e) instead of log(d) - s, so that the rounding of e^s cancels if the remainder is empty. One logarithm for four of them.
    product *= suffix < floor ? floor : suffix;
    owns *= own;
    if ((k & 3) == 0) {
      logs += Math.log(product / owns);
      product = owns = 1;
    }
  }
  store<f64>(loss, load<f64>(loss) + factor * logs);
  let weight: f64 = 0;
  for (let k = 0; k < n; k++) {
    const at = k as usize;
    const own = load<f64>(denominator + (at << 3));
    const inverse = own < floor ? 0.0 : factor / own;
    weight += inverse;
    const share = (alone ? inverse : weight) * (load<f32>(exponential + (at << 2)) as f64);
    store<f64>(gradient + (at << 3), load<f64>(gradient + (at << 3)) + (share - factor));
  }
  return weight;
}

/** The same in logarithms (also `rest` and the result), without a floor. */
function inLogs(
  score: usize, gradient: usize, denominator: usize, n: i32, rest: f64, factor: f64, alone: i32, loss: usize,
): f64 {
  let suffix = rest, sum: f64 = 0;
  for (let k = n - 1; k >= 0; k--) {
    const at = (k as usize) << 3;
    suffix = logAdd(alone ? rest : suffix, load<f64>(score + at));
    store<f64>(denominator + at, suffix);
    sum += suffix - load<f64>(score + at);
  }
  store<f64>(loss, load<f64>(loss) + factor * sum);
  let weight: f64 = -Infinity;
  const logFactor = Math.log(factor);
  for (let k = 0; k < n; k++) {
    const at = (k as usize) << 3;
    const own = logFactor - load<f64>(denominator + at);
    weight = logAdd(weight, own);
    const share = Math.exp((alone ? own : weight) + load<f64>(score + at));
    store<f64>(gradient + at, load<f64>(gradient + at) + (share - factor));
  }
  return weight;
}

/** log(e^a + e^b). */
function logAdd(a: f64, b: f64): f64 {
  const most = max<f64>(a, b);
  if (most == -Infinity) return most;
  return most + Math.log1p(Math.exp(min<f64>(a, b) - most));
}
