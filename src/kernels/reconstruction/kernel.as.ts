// Loss between reconstructed rows and rows of a table, and its gradient, in one pass over both.
import { multiplyAdd } from '../machine/multiply-add.as';
import { FLOOR, SQUARED, UNIT } from './layout';

/**
 * Rows [begin, end) of `made`, with t = targets[ids[r]] and y = made[r]: losses[r] = |y - t|^2 (SQUARED), |y / |y| - t / |t||^2 (UNIT) or
 * 1 - cos(y, t) (COSINE); then y = scale * its gradient.
 */
export function reconstruction(
  made: usize, targets: usize, ids: usize, dim: i32, form: i32, scale: f64, losses: usize, begin: i32, end: i32,
): void {
  const bytes = (dim as usize) << 2;
  for (let r = begin; r < end; r++) {
    const y = made + (r as usize) * bytes;
    const t = targets + (load<i32>(ids + ((r as usize) << 2)) as usize) * bytes;
    const loss = form == SQUARED ? squared(y, t, dim, scale) : unit(y, t, dim, form == UNIT, scale);
    store<f32>(losses + ((r as usize) << 2), loss as f32);
  }
}

function squared(y: usize, t: usize, dim: i32, scale: f64): f64 {
  const factor = (2 * scale) as f32;
  const factors = f32x4.splat(factor);
  let sums = f32x4.splat(0);
  let d = 0;
  for (; d + 4 <= dim; d += 4) {
    const at = (d as usize) << 2;
    const error = f32x4.sub(v128.load(y + at), v128.load(t + at));
    sums = multiplyAdd(error, error, sums);
    v128.store(y + at, f32x4.mul(factors, error));
  }
  let sum = total(sums);
  for (; d < dim; d++) {
    const at = (d as usize) << 2;
    const error = load<f32>(y + at) - load<f32>(t + at);
    sum += error * error;
    store<f32>(y + at, factor * error);
  }
  return sum as f64;
}

function unit(y: usize, t: usize, dim: i32, distance: bool, scale: f64): f64 {
  let yy4 = f32x4.splat(0), tt4 = yy4, yt4 = yy4;
  let d = 0;
  for (; d + 4 <= dim; d += 4) {
    const a = v128.load(y + ((d as usize) << 2)), b = v128.load(t + ((d as usize) << 2));
    yy4 = multiplyAdd(a, a, yy4);
    tt4 = multiplyAdd(b, b, tt4);
    yt4 = multiplyAdd(a, b, yt4);
  }
  let yy = total(yy4) as f64, tt = total(tt4) as f64, yt = total(yt4) as f64;
  for (; d < dim; d++) {
    const a = load<f32>(y + ((d as usize) << 2)) as f64, b = load<f32>(t + ((d as usize) << 2)) as f64;
    yy += a * a;
    tt += b * b;
    yt += a * b;
  }
  const ny = Math.sqrt(yy), nt = Math.sqrt(tt);
  const overY = ny < FLOOR ? FLOOR : ny, overT = nt < FLOOR ? FLOOR : nt;
  const cosine = yt / (overY * overT);
  const factor = distance ? 2 * scale : scale;
  // A row without a direction gets no gradient.
  const ofY = ny < FLOOR ? 0 : factor * cosine / (overY * overY);
  const ofT = ny < FLOOR ? 0 : -factor / (overY * overT);
  const a4 = f32x4.splat(ofY as f32), b4 = f32x4.splat(ofT as f32);
  for (d = 0; d + 4 <= dim; d += 4) {
    const at = (d as usize) << 2;
    v128.store(y + at, multiplyAdd(b4, v128.load(t + at), f32x4.mul(a4, v128.load(y + at))));
  }
  for (; d < dim; d++) {
    const at = (d as usize) << 2;
    store<f32>(y + at, (ofT as f32) * load<f32>(t + at) + (ofY as f32) * load<f32>(y + at));
  }
  return distance ? yy / (overY * overY) + tt / (overT * overT) - 2 * cosine : 1 - cosine;
}

// @ts-ignore: decorator
@inline
function total(sums: v128): f32 {
  return (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 2)) + (f32x4.extract_lane(sums, 1) + f32x4.extract_lane(sums, 3));
}
