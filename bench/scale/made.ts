/** Made-up interactions of any size, within seconds: what models compute depends on the numbers of users, items and interactions. */
import type { Interactions } from 'recdistill/data';

export interface Size {
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: number;
}

/** About 50 interactions a user. Items grow with the square root of the interactions up to 20 M, as catalogues do, and then faster. */
export const SIZES: Readonly<Record<string, Size>> = {
  '1M': { nUsers: 20_000, nItems: 20_000, interactions: 1_000_000 },
  '5M': { nUsers: 100_000, nItems: 50_000, interactions: 5_000_000 },
  '20M': { nUsers: 400_000, nItems: 100_000, interactions: 20_000_000 },
  '50M': { nUsers: 1_000_000, nItems: 200_000, interactions: 50_000_000 },
};

export const sizeOf = (name: string): Size => {
  const size = Object.hasOwn(SIZES, name) ? SIZES[name] : undefined;
  if (!size) throw new TypeError(`no size ${name}; known: ${Object.keys(SIZES).join(', ')}`);
  return size;
};

/** The same number of different items for each user. The share of items below q of the catalogue is the square root of q. */
export function madeUp({ nUsers, nItems, interactions }: Size): Interactions {
  const each = Math.floor(interactions / nUsers);
  const indptr = Int32Array.from({ length: nUsers + 1 }, (_, u) => u * each);
  const indices = new Int32Array(nUsers * each);
  const random = xorshift(1);
  for (let u = 0; u < nUsers; u++) fillUser(indices.subarray(u * each, (u + 1) * each), nItems, random);
  return { nUsers, nItems, indptr, indices };
}

function fillUser(own: Int32Array, nItems: number, random: () => number): void {
  const taken = new Set<number>();
  while (taken.size < own.length) taken.add(Math.floor(nItems * random() ** 2));
  own.set([...taken]);
  own.sort();
}

/** Uniform numbers in [0, 1). */
export function xorshift(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}
