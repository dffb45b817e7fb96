import { fail } from '../errors.js';

/**
 * Per-user differences a - b.
 * @throws RecdistillError `needs-not-met` if the lengths differ or a value is not finite
 */
export function pairedDifferences(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const hint = 'Pair the values of the same users, in the same order.';
  if (a.length !== b.length) {
    fail('needs-not-met', { problem: `a paired comparison got ${a.length} and ${b.length} values`, hint });
  }
  const d = Float64Array.from({ length: a.length }, (_, j) => a[j]! - b[j]!);
  const bad = d.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    fail('needs-not-met', {
      problem: `a paired comparison got the values ${a[bad]} and ${b[bad]} at position ${bad}`,
      hint,
    });
  }
  return d;
}
