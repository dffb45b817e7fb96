/**
 * Samples n of n entries in proportion to their weights by systematic sampling (Madow, Annals of Mathematical Statistics 1949). The weights
 * are placed one after the other on a line, which is divided into n intervals of equal length. In each interval, the entry at the relative
 * position `start` is selected.
 *
 * An entry with a share p of all weight is selected floor(n p) or floor(n p) + 1 times, n p times in expectation. The variance is lower than
 * with independent samples. With equal weights every entry is selected once.
 * @param weights above 0
 * @param start in [0, 1), uniform
 * @param out the selected entries, ascending; as long as `weights`
 */
export function drawByWeight(weights: Float32Array, start: number, out: Int32Array): void {
  const n = weights.length;
  const piece = weights.reduce((sum, w) => sum + w, 0) / n;
  let entry = 0;
  let end = weights[0]!;
  for (let k = 0; k < n; k++) {
    // Not end / piece <= k + start: that sum could be rounded up to the next entry.
    while (entry < n - 1 && end / piece - k <= start) {
      entry += 1;
      end += weights[entry]!;
    }
    out[k] = entry;
  }
}
