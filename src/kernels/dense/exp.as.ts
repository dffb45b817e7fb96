// Exponential of four floats.

import { multiplyAdd, subtractProduct } from '../machine/multiply-add.as';

// @ts-ignore: decorator
@inline
const LOG2E: f32 = 1.44269504088896341;
// ln 2 in two parts; n times the first is exact for |n| < 2^9.
// @ts-ignore: decorator
@inline
const LN2_HIGH: f32 = 0.693359375;
// @ts-ignore: decorator
@inline
const LN2_LOW: f32 = -2.12194440e-4;
/** Adding 1.5 * 2^23 rounds to the nearest integer, which is then the low bits. */
// @ts-ignore: decorator
@inline
const ROUND: f32 = 12582912.0;

/**
 * exp(x), relative error below 2e-7 in [-87, 88]: x = n ln 2 + r, exp(x) = 2^n exp(r) with |r| <= ln 2 / 2 and a polynomial of degree 6
 * for exp(r) (coefficients of Cephes expf). 0 below -87.3; from 88.37 on exp(88.37), so that finite x gives finite values. NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const limited = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-87.3)), f32x4.splat(88.37));
  const shifted = multiplyAdd(limited, f32x4.splat(LOG2E), f32x4.splat(ROUND));
  const n = f32x4.sub(shifted, f32x4.splat(ROUND));
  let r = subtractProduct(n, f32x4.splat(LN2_HIGH), limited);
  r = subtractProduct(n, f32x4.splat(LN2_LOW), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = f32x4.add(multiplyAdd(f32x4.mul(p, r), r, r), f32x4.splat(1));
  // The low bits of `shifted` are n plus those of ROUND, which the shift drops.
  const power = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(-87.3)));
}
