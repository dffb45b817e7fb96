/** Exact ranking of given scores, in plain code: the reference for the fused kernel. */
import { has, type Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { fail } from '../errors.js';

/**
 * Ranks the candidate items of every user: those that are in none of `masks` and whose score is not NaN. Scores may be
 * infinite. Ties go to the lower item index.
 * @param scores `nUsers * nItems` values, row by row
 * @param masks interactions to exclude (train; when testing also valid), over the same users and items
 * @param depth number of items to keep per user, >= 1; a user with fewer candidate items has a shorter list
 * @throws RecdistillError `bad-option` for an invalid depth, `needs-not-met` if the shapes differ
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
      problem: `the masked interactions have ${mask.nUsers} users x ${mask.nItems} items, but the scores ${nUsers} x ${nItems}`,
      hint: 'Mask with parts of the data set that the scores belong to.',
    });
  }
  const ranked = new Int32Array(nUsers * depth).fill(-1);
  for (let user = 0; user < nUsers; user++) {
    const row = scores.subarray(user * nItems, (user + 1) * nItems);
    const candidates: number[] = [];
    for (let item = 0; item < nItems; item++) {
      if (!Number.isNaN(row[item]!) && !masks.some((mask) => has(mask, user, item))) candidates.push(item);
    }
    // The difference of two equal infinities is NaN, which, like 0, leaves the decision to the item indices.
    candidates.sort((a, b) => row[b]! - row[a]! || a - b);
    ranked.set(candidates.slice(0, depth), user * depth);
  }
  return { nUsers, nItems: nItems, depth, items: ranked };
}

/** Rejects a score matrix that does not have `nUsers * nItems` values. */
export function checkScores(scores: Float32Array | Float64Array, nUsers: number, nItems: number): void {
  if (scores.length === nUsers * nItems) return;
  fail('needs-not-met', {
    problem: `${scores.length} scores were given for ${nUsers} users x ${nItems} items = ${nUsers * nItems}`,
    hint: 'Give one score per user and item, row by row.',
  });
}
