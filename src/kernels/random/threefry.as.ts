// Threefry-2x32-20 (Salmon et al., SC 2011): the same words as src/math/random.ts.

// @ts-ignore: decorator
@inline
function rotate(x: u32, by: u32): u32 {
  return (x << by) | (x >> (32 - by));
}

/** Both words in one: the first in the high half. */
export function threefry(k0: u32, k1: u32, c0: u32, c1: u32): u64 {
  const k2: u32 = 0x1bd11bda ^ k0 ^ k1;
  let x0: u32 = c0 + k0;
  let x1: u32 = c1 + k1;
  x0 += x1; x1 = rotate(x1, 13) ^ x0;
  x0 += x1; x1 = rotate(x1, 15) ^ x0;
  x0 += x1; x1 = rotate(x1, 26) ^ x0;
  x0 += x1; x1 = rotate(x1, 6) ^ x0;
  x0 += k1; x1 += k2 + 1;
  x0 += x1; x1 = rotate(x1, 17) ^ x0;
  x0 += x1; x1 = rotate(x1, 29) ^ x0;
  x0 += x1; x1 = rotate(x1, 16) ^ x0;
  x0 += x1; x1 = rotate(x1, 24) ^ x0;
  x0 += k2; x1 += k0 + 2;
  x0 += x1; x1 = rotate(x1, 13) ^ x0;
  x0 += x1; x1 = rotate(x1, 15) ^ x0;
  x0 += x1; x1 = rotate(x1, 26) ^ x0;
  x0 += x1; x1 = rotate(x1, 6) ^ x0;
  x0 += k0; x1 += k1 + 3;
  x0 += x1; x1 = rotate(x1, 17) ^ x0;
  x0 += x1; x1 = rotate(x1, 29) ^ x0;
  x0 += x1; x1 = rotate(x1, 16) ^ x0;
  x0 += x1; x1 = rotate(x1, 24) ^ x0;
  x0 += k1; x1 += k2 + 4;
  x0 += x1; x1 = rotate(x1, 13) ^ x0;
  x0 += x1; x1 = rotate(x1, 15) ^ x0;
  x0 += x1; x1 = rotate(x1, 26) ^ x0;
  x0 += x1; x1 = rotate(x1, 6) ^ x0;
  x0 += k2; x1 += k0 + 5;
  return ((x0 as u64) << 32) | (x1 as u64);
}
