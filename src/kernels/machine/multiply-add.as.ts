// Products that are added to a sum. In the arithmetic `fma` they are rounded once, in `plain` the product and the sum are rounded.
// All paths of a kernel, such as whole tiles and remainders, must use these functions at the same places: which path computes a
// row may depend on the number of threads, and its bits must not.

/** a * b + c. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

/** c - a * b. */
// @ts-ignore: decorator
@inline
export function subtractProduct(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}
