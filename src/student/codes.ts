/**
 * Quantises factors to small integers with one scale per row. Scales are powers of two, so decoding is exact, and
 * encoding the result again gives the same codes.
 */

/** The minimum scale. It keeps all products with codes far from the subnormal range of float32. */
const leastScale = 2 ** -80;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The smallest power of two `s >= 2^-80` with `|x| <= most * s` for every `x` of `values[begin] .. values[end - 1]`. */
export function scaleOf(values: ArrayLike<number>, begin: number, end: number, most: number): number {
  let largest = 0;
  for (let j = begin; j < end; j++) largest = Math.max(largest, Math.abs(values[j]!));
  float[0] = Math.max(largest / most, leastScale);
  // Rounds up: any mantissa bit carries into the exponent.
  bits[0] = (bits[0]! + 0x7fffff) & 0xff800000;
  const scale = float[0]!;
  return scale * most < largest ? 2 * scale : scale;
}

/** Rows of fixed-point values: `factor = scale * (code + remainder / 256)`. */
export interface CodedRows {
  /** `rows * dim` codes. Alone they approximate the factors to about 1 % of the row's largest one. */
  readonly codes: Int8Array;
  /** Absent: all 0. */
  readonly remainders?: Int8Array;
  /** One power of two for each row, from 2^-80. */
  readonly scales: Float32Array;
}

/**
 * Encodes rows of `dim` factors. With remainders no error exceeds 1 / 32,000 of the row's largest absolute value, without them 1 / 126.
 * @param bytes 2 with remainders, 1 without
 */
export function encodeRows(factors: Float32Array, dim: number, bytes: 1 | 2): CodedRows {
  const scales = new Float32Array(factors.length / dim);
  const codes = new Int8Array(factors.length);
  const remainders = bytes === 2 ? new Int8Array(factors.length) : undefined;
  for (let row = 0; row < scales.length; row++) {
    const scale = scaleOf(factors, row * dim, (row + 1) * dim, 127);
    scales[row] = scale;
    for (let j = row * dim; j < (row + 1) * dim; j++) {
      if (!remainders) {
        codes[j] = Math.round(factors[j]! / scale);
        continue;
      }
      const whole = Math.round((factors[j]! / scale) * 256);
      codes[j] = (whole + 128) >> 8;
      remainders[j] = whole - 256 * codes[j]!;
    }
  }
  return { codes, scales, ...(remainders && { remainders }) };
}

/** Decodes the result of `encodeRows`. Exact, because 16 bits and a power of two fit into a float32. */
export function decodeRows({ codes, remainders, scales }: CodedRows, dim: number): Float32Array {
  const factors = new Float32Array(codes.length);
  for (let j = 0; j < codes.length; j++) {
    factors[j] = (scales[Math.floor(j / dim)]! / 256) * (256 * codes[j]! + (remainders?.[j] ?? 0));
  }
  return factors;
}

/** The exponents of powers of two from 2^-126 to 2^127, one byte each. */
export function exponentsOf(scales: Float32Array): Int8Array {
  return Int8Array.from(scales, (scale) => {
    float[0] = scale;
    return (bits[0]! >>> 23) - 127;
  });
}

/** The powers of two that `exponentsOf` was given. */
export const scalesOf = (exponents: Int8Array): Float32Array => Float32Array.from(exponents, (e) => 2 ** e);
