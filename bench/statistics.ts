/** Robust summaries of a few times. */

export interface Summary {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Distance between the quartiles. */
  readonly iqrMs: number;
  readonly rounds: number;
}

/** Quantile with linear interpolation between the two nearest values; `p` in [0, 1]. */
export function quantile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new RangeError('a quantile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function summarise(values: readonly number[]): Summary {
  return {
    medianMs: median(values),
    minMs: quantile(values, 0),
    maxMs: quantile(values, 1),
    iqrMs: quantile(values, 0.75) - quantile(values, 0.25),
    rounds: values.length,
  };
}
