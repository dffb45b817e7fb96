/**
 * Draws n of n entries in proportion to their weights, by systematic sampling (Madow, Annals of Mathematical Statistics 1949): of the line of
 * all weights one after the other, cut into n pieces of equal length, the entries that lie at the share `start` of each piece.
 *
 * An entry with the n-th part w of all weight comes floor(n w) or floor(n w) + 1 times, n w times on average over starts: with less chance than
 * in independent draws, and every entry once where all weigh the same.
 * @param weights above 0
 * @param start in [0, 1), uniform
 * @param out gets the entries drawn, ascending; as long as `weights`
 */
export function drawByWeight(weights: Float32Array, start: number, out: Int32Array): void {
  const n = weights.length;
  const piece = weights.reduce((sum, w) => sum + w, 0) / n;
  let entry = 0;
  let end = weights[0]!;
  for (let k = 0; k < n; k++) {
    // Not end / piece <= k + start: the sum would be rounded, up to the next entry.
    while (entry < n - 1 && end / piece - k <= start) {
      entry += 1;
      end += weights[entry]!;
    }
    out[k] = entry;
  }
}
