/** A bundle of made-up factors: what a load needs to be like a student in size and speed. */
import { writeBundle } from 'recdistill/bundle';

export interface MadeUp {
  readonly nUsers: number;
  readonly nItems: number;
  readonly dim: number;
  readonly seed: number;
}

/** Writes it, with 20 items that each user has. @returns the ids of its users */
export function writeMadeUpBundle(folder: string, { nUsers, nItems, dim, seed }: MadeUp): string[] {
  const next = generator(seed);
  const numbers = (length: number) => Float32Array.from({ length }, () => next() + next() + next() - 1.5);
  const own = Math.min(20, Math.floor(nItems / 2));
  const gap = Math.floor(nItems / own);
  const userIds = Array.from({ length: nUsers }, (_, u) => `user-${u}`);
  writeBundle(
    folder,
    {
      ...{ nUsers, nItems, dim, userIds },
      userFactors: numbers(nUsers * dim),
      itemFactors: numbers(nItems * dim),
      itemIds: Array.from({ length: nItems }, (_, i) => `item-${i}`),
      seen: {
        indptr: Int32Array.from({ length: nUsers + 1 }, (_, u) => u * own),
        indices: Int32Array.from({ length: nUsers * own }, (_, n) => (n % own) * gap + (Math.floor(n / own) % gap)),
      },
    },
    { dataFingerprint: 'made up', licence: 'none', madeBy: { program: 'bench' }, metrics: {} },
  );
  return userIds;
}

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
