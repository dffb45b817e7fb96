// Multinomial likelihood of rows: loss and gradient in one call.
import { exp4 } from '../dense/exp.as';

/** Terms summed in float32 before they are added to the float64 sum; a multiple of 4. */
const RUN = 32;

/**
 * Rows [begin, end): losses[r] = -sum over targets of log softmax(logits[r])[target]; then
 * logits[r] = scale * (number of targets * softmax - ones at the targets).
 */
export function multinomial(
  logits: usize, nItems: i32, indptr: usize, indices: usize, scale: f64, losses: usize, begin: i32, end: i32,
): void {
  for (let r = begin; r < end; r++) {
    const row = logits + ((r as usize) * (nItems as usize) << 2);
    const start = load<i32>(indptr + ((r as usize) << 2)), stop = load<i32>(indptr + ((r as usize) << 2), 4);
    const most = largest(row, nItems);
    let targets = 0.0;
    for (let k = start; k < stop; k++) {
      targets += (load<f32>(row + ((load<i32>(indices + ((k as usize) << 2)) as usize) << 2)) - most) as f64;
    }
    const sum = exponentials(row, nItems, most);
    const count = (stop - start) as f64;
    store<f32>(losses + ((r as usize) << 2), (count > 0 ? count * Math.log(sum) - targets : 0) as f32);
    multiply(row, nItems, (scale * count / sum) as f32);
    const one = scale as f32;
    for (let k = start; k < stop; k++) {
      const at = row + ((load<i32>(indices + ((k as usize) << 2)) as usize) << 2);
      store<f32>(at, load<f32>(at) - one);
    }
  }
}

/** The maximum logit of a row. With a NaN any value: the exponential of that logit is NaN, and so is their sum. */
function largest(row: usize, nItems: i32): f32 {
  let m0 = f32x4.splat(-Infinity), m1 = m0, m2 = m0, m3 = m0;
  let i = 0;
  for (; i + 16 <= nItems; i += 16) {
    const at = row + ((i as usize) << 2);
    m0 = f32x4.pmax(m0, v128.load(at));
    m1 = f32x4.pmax(m1, v128.load(at, 16));
    m2 = f32x4.pmax(m2, v128.load(at, 32));
    m3 = f32x4.pmax(m3, v128.load(at, 48));
  }
  const most = f32x4.pmax(f32x4.pmax(m0, m1), f32x4.pmax(m2, m3));
  let value = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  for (; i < nItems; i++) value = max(value, load<f32>(row + ((i as usize) << 2)));
  return value;
}

/** row = exp(row - most); returns the sum. */
function exponentials(row: usize, nItems: i32, most: f32): f64 {
  const shift = f32x4.splat(most);
  let total = 0.0;
  let i = 0;
  while (i + 4 <= nItems) {
    const stop = min(nItems & ~3, i + RUN);
    let sum = f32x4.splat(0);
    for (; i < stop; i += 4) {
      const at = row + ((i as usize) << 2);
      const e = exp4(f32x4.sub(v128.load(at), shift));
      v128.store(at, e);
      sum = f32x4.add(sum, e);
    }
    total += ((f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1)) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))) as f64;
  }
  for (; i < nItems; i++) {
    const at = row + ((i as usize) << 2);
    const e = f32x4.extract_lane(exp4(f32x4.sub(v128.load_splat<f32>(at), shift)), 0);
    store<f32>(at, e);
    total += e as f64;
  }
  return total;
}

function multiply(row: usize, nItems: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= nItems; i += 4) {
    const at = row + ((i as usize) << 2);
    v128.store(at, f32x4.mul(v128.load(at), factors));
  }
  for (; i < nItems; i++) {
    const at = row + ((i as usize) << 2);
    store<f32>(at, load<f32>(at) * factor);
  }
}
