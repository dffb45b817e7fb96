/** Half precision (IEEE 754 binary16): 1 sign bit, 5 bits of exponent, 10 of mantissa. */

/** Converts half precision to float32. Exact. */
export function fromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const exponent = (half >> 10) & 31;
    const mantissa = half & 1023;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
  });
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Converts float32 to half precision, rounding to nearest even. Values beyond 65,504 become infinite. */
export function toHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const size = Math.abs(value);
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    if (size < 2 ** -14) return sign | roundHalfEven(size * 2 ** 24);
    float[0] = size;
    // Rounds to nearest even: adds almost half of the last kept bit, plus that bit. A carry into the exponent is correct.
    const rounded = bits[0]! + 0xfff + ((bits[0]! >> 13) & 1);
    return sign | Math.min(0x7c00, (rounded >> 13) - (112 << 10));
  });
}

/** Rounds to the nearest whole number, ties to even. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
