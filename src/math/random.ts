/**
 * Counter-based random numbers: a value depends only on a key and a counter, not on previous values, so that results are
 * the same for any number of threads in any order. Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror and Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011.
 */
import { fail } from '../errors.js';

/** Two 32-bit words that identify a stream of random numbers. */
export interface RandomKey {
  readonly k0: number;
  readonly k1: number;
}

/** An array whose elements can be swapped in place. */
export interface Shuffled<T> {
  readonly length: number;
  [index: number]: T;
}

const PARITY = 0x1bd11bda;

/**
 * Encrypts the counter `(c0, c1)` under the key `(k0, k1)` and writes two random 32-bit words to `out[0]` and `out[1]`.
 * All four inputs are taken modulo 2^32.
 */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number, out: Uint32Array): void {
  let first = k0 | 0;
  let second = k1 | 0;
  let third = PARITY ^ first ^ second;
  let x0 = (c0 + first) | 0;
  let x1 = (c1 + second) | 0;

  // Twenty rounds are five groups: four rounds with the rotations of the group, then the injection of the next key.
  for (let group = 1; group <= 5; group++) {
    const odd = (group & 1) === 1;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 13 : 17) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 15 : 29) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 26 : 16) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 6 : 24) ^ x0;
    x0 = (x0 + second) | 0;
    x1 = (x1 + third + group) | 0;
    const used = first;
    first = second;
    second = third;
    third = used;
  }
  out[0] = x0;
  out[1] = x1;
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

const words = new Uint32Array(2);

/**
 * The key for one purpose and one seed. The purpose is hashed (FNV-1a, 32 bits, UTF-8) and encrypted with the seed, so
 * that neither adjacent seeds nor similar purposes give correlated streams.
 * @param seed any safe integer
 * @throws RecdistillError `bad-option` if `seed` is not a safe integer
 */
export function stream(seed: number, purpose: string): RandomKey {
  if (!Number.isSafeInteger(seed)) {
    fail('bad-option', {
      option: 'seed',
      owner: purpose,
      given: String(seed),
      expected: 'a whole number of magnitude below 2^53',
    });
  }
  threefry2x32(seed, Math.floor(seed / 2 ** 32), hashText(purpose), 0, words);
  return { k0: words[0]!, k1: words[1]! };
}

/** FNV-1a of the UTF-8 bytes of a text, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A number in [0, 1) with 53 random bits, at counter `(c0, c1)`. */
export function uniform(key: RandomKey, c0: number, c1: number): number {
  threefry2x32(key.k0, key.k1, c0, c1, words);
  return (words[0]! * 2 ** 21 + (words[1]! >>> 11)) / 2 ** 53;
}

/** A whole number in [0, bound), at counter `(c0, c1)`; `bound` is in [1, 2^32]. Bias at most bound / 2^32. */
export function uniformInt(key: RandomKey, c0: number, c1: number, bound: number): number {
  threefry2x32(key.k0, key.k1, c0, c1, words);
  return scaleWord(words[0]!, bound);
}

/** floor(word * bound / 2^32) without rounding: both halves of the product stay below 2^53. */
export function scaleWord(word: number, bound: number): number {
  return Math.floor(((word >>> 16) * bound + Math.floor(((word & 0xffff) * bound) / 65536)) / 65536);
}

/** Writes `out[k]`, a whole number in `[0, last - k]`, at counter `(epoch, last - k)`. */
export type DrawPlaces = (out: Int32Array, key: RandomKey, epoch: number, last: number) => void;

const drawPlaces: DrawPlaces = (out, key, epoch, last) => {
  for (let k = 0; k < out.length; k++) out[k] = uniformInt(key, epoch, last - k, last - k + 1);
};

/** Swaps whose places are drawn before them. */
const SWAPS = 4096;

/**
 * Shuffles `array` in place (Fisher-Yates). The order depends only on its length, `key` and `epoch`. Places are drawn before elements are swapped:
 * swaps of a long array wait for memory, and with nothing between them the processor waits for many at a time.
 * @param draw the same numbers by other means
 * @param drawn room for the places of some swaps at a time
 */
export function shuffle<T>(
  array: Shuffled<T>,
  key: RandomKey,
  epoch: number,
  draw: DrawPlaces = drawPlaces,
  drawn: Int32Array = new Int32Array(Math.min(SWAPS, array.length)),
): void {
  for (let last = array.length - 1; last > 0; last -= drawn.length) {
    const places = last < drawn.length ? drawn.subarray(0, last) : drawn;
    draw(places, key, epoch, last);
    for (let k = 0; k < places.length; k++) swap(array, last - k, places[k]!);
  }
}

function swap<T>(array: Shuffled<T>, i: number, j: number): void {
  const kept = array[i]!;
  array[i] = array[j]!;
  array[j] = kept;
}
