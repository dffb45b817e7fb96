// Sums over one user's or one item's vector, in float64.

// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, dim: i32): f64 {
  const whole = (dim as usize) << 2 & ~7;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < whole; at += 8) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(a + at)), y = f64x2.promote_low_f32x4(v128.load64_zero(b + at));
    sum = f64x2.add(sum, f64x2.mul(x, y));
  }
  const total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  return dim & 1 ? total + (load<f32>(a + whole) as f64) * (load<f32>(b + whole) as f64) : total;
}

/** to += factor * row, a sum in float64. */
// @ts-ignore: decorator
@inline
export function addTo(to: usize, factor: f64, row: usize, dim: i32): void {
  const whole = (dim as usize) << 2 & ~7;
  const factors = f64x2.splat(factor);
  for (let at: usize = 0; at < whole; at += 8) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(row + at));
    v128.store(to + 2 * at, f64x2.add(v128.load(to + 2 * at), f64x2.mul(factors, x)));
  }
  if (dim & 1) store<f64>(to + 2 * whole, load<f64>(to + 2 * whole) + factor * (load<f32>(row + whole) as f64));
}
