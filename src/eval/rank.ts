/** Exact ranking of given scores, readable and without tricks: the oracle of the fused kernel. */
import { has, type Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { fail } from '../errors.js';

/**
 * Ranks the candidate items of every user: those that are in none of `masks` and whose score is not NaN. Higher scores
 * come first, infinite ones included; of two equal scores the lower item id comes first.
 * @param scores `users * items` values, row by row
 * @param masks interactions to leave out (train; when testing valid too), each over the same users and items
 * @param depth how many items to keep per user, >= 1; a user with fewer candidates has a shorter list
 * @throws RecdistillError `bad-option` for a bad depth, `needs-not-met` if the shapes do not fit
 */
export function rankScores(
  scores: Float32Array | Float64Array,
  nUsers: number,
  nItems: number,
  masks: readonly Interactions[],
  depth: number,
): Rankings {
  checkScores(scores, nUsers, nItems);
  if (!Number.isSafeInteger(depth) || depth < 1) {
    fail('bad-option', { owner: 'ranking', option: 'depth', given: depth, expected: 'a whole number >= 1' });
  }
  for (const mask of masks) {
    if (mask.nUsers === nUsers && mask.nItems === nItems) continue;
    fail('needs-not-met', {
      problem: `the masked interactions are ${mask.nUsers} users x ${mask.nItems} items, the scores ${nUsers} x ${nItems}`,
      hint: 'Mask with parts of the data set that the scores were made for.',
    });
  }
  const ranked = new Int32Array(nUsers * depth).fill(-1);
  for (let user = 0; user < nUsers; user++) {
    const row = scores.subarray(user * nItems, (user + 1) * nItems);
    const candidates: number[] = [];
    for (let item = 0; item < nItems; item++) {
      if (!Number.isNaN(row[item]!) && !masks.some((mask) => has(mask, user, item))) candidates.push(item);
    }
    // Two equal infinities subtract to NaN, which, like 0, leaves the decision to the item ids.
    candidates.sort((a, b) => row[b]! - row[a]! || a - b);
    ranked.set(candidates.slice(0, depth), user * depth);
  }
  return { nUsers, nItems: nItems, depth, items: ranked };
}

/** Refuses a score matrix that does not have `users * items` values. */
export function checkScores(scores: Float32Array | Float64Array, nUsers: number, nItems: number): void {
  if (scores.length === nUsers * nItems) return;
  fail('needs-not-met', {
    problem: `${scores.length} scores were given for ${nUsers} users x ${nItems} items = ${nUsers * nItems}`,
    hint: 'Give one score for each user and item, row by row.',
  });
}
