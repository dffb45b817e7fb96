/** Percentile bootstrap (Efron 1979): confidence intervals of means over users. */

import { fail } from '../errors.js';
import { scaleWord, stream, threefry2x32 } from '../math/random.js';
import { runSync } from '../progress.js';
import { pairedDifferences } from './differences.js';

export interface BootstrapOptions {
  /** Number of resamples of the users, >= 1. Default: 2000. */
  readonly resamples?: number;
  /** Confidence level: share of the resampled means inside the interval, in (0, 1). Default: 0.95. */
  readonly level?: number;
  /** Any safe integer. Equal seeds give equal intervals. Default: 0. */
  readonly seed?: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Interval of the mean of `values`, one per user. Throws the errors of `bootstrapMeans`. */
export const bootstrapMean = (values: ArrayLike<number>, options?: BootstrapOptions): Interval =>
  bootstrapMeans([values], options)[0]!;

/**
 * Interval of mean(a - b) for two values per user. Users are resampled, so pairs are kept. Throws the errors of `bootstrapMeans`.
 */
export const bootstrapMeanDifference = (
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options?: BootstrapOptions,
): Interval => bootstrapMean(pairedDifferences(a, b), options);

/**
 * The interval of the mean of each column. All columns share the resamples of users, which keeps their correlation and
 * saves time.
 * @param columns one value per user each, of equal length; the intervals are NaN if the length is 0
 * @throws RecdistillError `bad-option` for an option out of range, `needs-not-met` if the lengths differ
 */
export const bootstrapMeans = (columns: readonly ArrayLike<number>[], options?: BootstrapOptions): Interval[] =>
  runSync(bootstrapping(columns, options));

/** Like `bootstrapMeans`, but yields after every resample, because it takes seconds for a hundred thousand users. */
export function* bootstrapping(
  columns: readonly ArrayLike<number>[],
  options: BootstrapOptions = {},
): Generator<number, Interval[]> {
  const n = lengthOf(columns);
  const sumsOf = summing(columns, n);
  const means = columns.map(() => [] as number[]);
  yield* resampling(n, options, (drawn) => {
    const sums = sumsOf(drawn);
    for (let c = 0; c < means.length; c++) means[c]!.push(sums[c]! / n);
  });
  return means.map((sample) => intervalOf(Float64Array.from(sample), options.level));
}

/** A ratio of two sums over users: sum(numerator) / sum(denominator). */
export interface RatioColumns {
  readonly numerator: ArrayLike<number>;
  readonly denominator: ArrayLike<number>;
}

/**
 * Interval of each ratio of two sums over users. Users are resampled, so the two values of a user stay together, and all ratios share the resamples.
 * Resamples whose denominator is not above 0 have no ratio and are left out; if these are more than a tail of the interval, the interval is NaN.
 * @param ratios columns of equal length, one value per user each
 * @throws RecdistillError as `bootstrapMeans`
 */
export function* bootstrappingRatios(
  ratios: readonly RatioColumns[],
  options: BootstrapOptions = {},
): Generator<number, Interval[]> {
  const n = lengthOf(ratios.flatMap(({ numerator, denominator }) => [numerator, denominator]));
  // A denominator that several ratios share is summed once.
  const columns = [...new Set(ratios.flatMap(({ numerator, denominator }) => [numerator, denominator]))];
  const sumsOf = summing(columns, n);
  const places = ratios.map((r) => [columns.indexOf(r.numerator), columns.indexOf(r.denominator)] as const);
  const found = ratios.map(() => [] as number[]);
  yield* resampling(n, options, (drawn) => {
    const sums = sumsOf(drawn);
    places.forEach(([above, below], r) => {
      if (sums[below]! > 0) found[r]!.push(sums[above]! / sums[below]!);
    });
  });
  const { resamples = RESAMPLES, level = LEVEL } = options;
  return found.map((sample) =>
    resamples - sample.length > (resamples * (1 - level)) / 2
      ? { low: Number.NaN, high: Number.NaN }
      : intervalOf(Float64Array.from(sample), level),
  );
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

function lengthOf(columns: readonly ArrayLike<number>[]): number {
  const n = columns[0]?.length ?? 0;
  if (columns.some((column) => column.length !== n)) {
    fail('needs-not-met', {
      problem: `the bootstrap got columns of different lengths: ${columns.map((column) => column.length).join(', ')}`,
      hint: 'Give the values of the same users in every column.',
    });
  }
  return n;
}

/** Draws resamples of n users. Yields the completed share after each. @param visit gets the users of a resample: the first n entries */
function* resampling(
  n: number,
  { resamples = RESAMPLES, level = LEVEL, seed = 0 }: BootstrapOptions,
  visit: (drawn: Int32Array) => void,
): Generator<number, void> {
  const owner = 'the bootstrap';
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    fail('bad-option', { owner, option: 'resamples', given: resamples, expected: 'a whole number >= 1' });
  }
  if (!(level > 0 && level < 1)) {
    fail('bad-option', { owner, option: 'level', given: level, expected: 'a number between 0 and 1, such as 0.95' });
  }
  const key = stream(seed, 'bootstrap');
  const drawn = new Int32Array(n + 1);
  const words = new Uint32Array(2);
  for (let r = 0; r < resamples; r++) {
    // One call of the generator gives two samples. For an odd n the last one is written to an extra position.
    for (let j = 0; j < n; j += 2) {
      threefry2x32(key.k0, key.k1, r, j, words);
      drawn[j] = scaleWord(words[0]!, n);
      drawn[j + 1] = scaleWord(words[1]!, n);
    }
    visit(drawn);
    yield (r + 1) / resamples;
  }
}

function intervalOf(sample: Float64Array, level = LEVEL): Interval {
  sample.sort();
  return { low: quantile(sample, (1 - level) / 2), high: quantile(sample, (1 + level) / 2) };
}

/** Columns that are summed at once: four sums do not wait for each other, and the values of a user in them are beside each other. */
const BLOCK = 4;

/** A function that sums each column over the users of a resample, in the order of the draws. It returns the same array each time. */
function summing(columns: readonly ArrayLike<number>[], n: number): (drawn: Int32Array) => Float64Array {
  const blocks: Float64Array[] = [];
  for (let first = 0; first < columns.length; first += BLOCK) {
    const block = new Float64Array(BLOCK * n);
    for (let c = 0; c < BLOCK && first + c < columns.length; c++) {
      const column = columns[first + c]!;
      for (let j = 0; j < n; j++) block[BLOCK * j + c] = column[j]!;
    }
    blocks.push(block);
  }
  const sums = new Float64Array(BLOCK * blocks.length);
  return (drawn) => {
    for (let b = 0; b < blocks.length; b++) addBlock(blocks[b]!, drawn, n, sums, BLOCK * b);
    return sums;
  };
}

function addBlock(block: Float64Array, drawn: Int32Array, n: number, sums: Float64Array, to: number): void {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let j = 0; j < n; j++) {
    const at = BLOCK * drawn[j]!;
    a += block[at]!;
    b += block[at + 1]!;
    c += block[at + 2]!;
    d += block[at + 3]!;
  }
  sums[to] = a;
  sums[to + 1] = b;
  sums[to + 2] = c;
  sums[to + 3] = d;
}

/** Quantile `q` of ascending values with linear interpolation (definition 7 of Hyndman and Fan 1996). */
function quantile(ascending: Float64Array, q: number): number {
  const place = q * (ascending.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below]! + (place - below) * (ascending[above]! - ascending[below]!);
}
