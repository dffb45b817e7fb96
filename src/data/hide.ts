/** Hides a share of every user's train interactions from all training. The setup `generalization` evaluates on them, too. */
import { stream, uniform } from '../math/random.js';
import { selectEntries } from './filters.js';
import type { Interactions } from './interactions.js';

export interface Hidden {
  /** The interactions that remain for training. */
  readonly train: Interactions;
  readonly hidden: Interactions;
}

/**
 * Of a user's n interactions, round(share * n) are hidden, sampled uniformly. At least one is kept.
 * @param share in [0, 1)
 */
export function hideInteractions(train: Interactions, share: number, seed: number): Hidden {
  const key = stream(seed, 'hidden interactions');
  const isHidden = new Uint8Array(train.indices.length);
  for (let u = 0; u < train.nUsers; u++) {
    const [start, end] = [train.indptr[u]!, train.indptr[u + 1]!];
    const count = Math.max(0, Math.min(Math.round(share * (end - start)), end - start - 1));
    const order = Array.from({ length: end - start }, (_, n) => ({ at: start + n, by: uniform(key, u, n) }));
    order.sort((a, b) => a.by - b.by || a.at - b.at);
    for (const { at } of order.slice(0, count)) isHidden[at] = 1;
  }
  return { train: partOf(train, isHidden, 0), hidden: partOf(train, isHidden, 1) };
}

function partOf(x: Interactions, marks: Uint8Array, mark: number): Interactions {
  return selectEntries(
    x,
    marks.map((m) => Number(m === mark)),
  );
}
