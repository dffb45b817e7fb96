/**
 * Adjustment of p-values for multiple tests. NaN means that a test is not defined: it stays NaN and does not count among
 * the m tests.
 */

/** Holm: controls the family-wise error rate. p ascending, adj_k = max over j <= k of min(1, (m - j + 1) p_j). */
export function holm(p: ArrayLike<number>): Float64Array {
  const { order, adjusted } = sorted(p);
  const m = order.length;
  let highest = 0;
  for (let j = 0; j < m; j++) {
    highest = Math.max(highest, Math.min(1, (m - j) * p[order[j]!]!));
    adjusted[order[j]!] = highest;
  }
  return adjusted;
}

/** Benjamini-Hochberg: controls the false discovery rate. p ascending, adj_k = min over j >= k of min(1, m p_j / j). */
export function benjaminiHochberg(p: ArrayLike<number>): Float64Array {
  const { order, adjusted } = sorted(p);
  const m = order.length;
  let lowest = 1;
  for (let j = m - 1; j >= 0; j--) {
    lowest = Math.min(lowest, (m * p[order[j]!]!) / (j + 1));
    adjusted[order[j]!] = lowest;
  }
  return adjusted;
}

/** Bonferroni: min(1, m p). The simplest adjustment; Holm is uniformly more powerful. */
export function bonferroni(p: ArrayLike<number>): Float64Array {
  const { order, adjusted } = sorted(p);
  for (const k of order) adjusted[k] = Math.min(1, order.length * p[k]!);
  return adjusted;
}

function sorted(p: ArrayLike<number>): { order: number[]; adjusted: Float64Array } {
  const order = Array.from({ length: p.length }, (_, k) => k).filter((k) => !Number.isNaN(p[k]!));
  order.sort((a, b) => p[a]! - p[b]!);
  return { order, adjusted: new Float64Array(p.length).fill(Number.NaN) };
}
