/**
 * Hyper-parameter search spaces: the values of options that a search may try. Each dimension is mapped to the unit
 * interval, so that every strategy can work with values from 0 to 1.
 */
import { fail, RecdistillError } from '../errors.js';
import { type RandomKey, uniform } from '../math/random.js';
import { type OptionsSchema, parseOptions } from './options.js';
import { returned, shown } from './unit-check.js';

export type SearchValue = number | string | boolean;

export interface Range {
  readonly kind: 'range';
  readonly low: number;
  /** Inclusive, like `low`. */
  readonly high: number;
  /** `log`: uniform on a logarithmic scale. */
  readonly scale: 'linear' | 'log';
  /** Whole numbers only. */
  readonly whole: boolean;
}

export interface Choices {
  readonly kind: 'choices';
  readonly values: readonly SearchValue[];
}

export type Dimension = Range | Choices;

/** The searched dimensions, by option name. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

export type SearchPoint = Readonly<Record<string, SearchValue>>;

type RangeSetting = Partial<Pick<Range, 'scale' | 'whole'>>;

/** Values from `low` to `high`. Default: a linear scale and real values. */
export const range = (low: number, high: number, setting: RangeSetting = {}): Range => ({
  ...{ kind: 'range', low, high, scale: 'linear', whole: false },
  ...setting,
});
/** Values from `low` to `high` on a logarithmic scale. */
export const logRange = (low: number, high: number): Range => range(low, high, { scale: 'log' });
/** Whole numbers from `low` to `high`. */
export const wholeRange = (low: number, high: number): Range => range(low, high, { whole: true });
/** One of these values. */
export const oneOf = (...values: readonly SearchValue[]): Choices => ({ kind: 'choices', values });

/** Significant digits of a sampled value: enough for any option, and few enough to type. */
const DIGITS = 4;

/** Maps `unit` in [0, 1) to a value: uniform on the scale of a range, equal shares for choices and whole numbers. */
export function fromUnit(dimension: Dimension, unit: number): SearchValue {
  if (dimension.kind === 'choices') return dimension.values[Math.floor(unit * dimension.values.length)]!;
  const { low, high, whole } = dimension;
  const [start, end] = scaled(dimension);
  const at = start + unit * (end - start);
  const value = dimension.scale === 'log' ? Math.exp(at) : at;
  // log and exp round, so the value is clamped to the range.
  return Math.min(high, Math.max(low, whole ? Math.floor(value) : Number(value.toPrecision(DIGITS))));
}

/** Maps a value of a range to [0, 1]. Values outside are clamped. A whole number is mapped to the middle of its share. */
export function toUnit(dimension: Range, value: number): number {
  const [start, end] = scaled(dimension);
  const inside = Math.min(dimension.high, Math.max(dimension.low, value)) + (dimension.whole ? 0.5 : 0);
  return end > start ? ((dimension.scale === 'log' ? Math.log(inside) : inside) - start) / (end - start) : 0.5;
}

/** The ends of a range on its scale. A whole number covers the interval up to the next one. */
function scaled({ low, high, scale, whole }: Range): [start: number, end: number] {
  const end = whole ? high + 1 : high;
  return scale === 'log' ? [Math.log(low), Math.log(end)] : [low, end];
}

/** Why `given` is no point of the space: an option that is missing, unknown or outside its dimension. Undefined if it is one. */
export function pointProblem(space: SearchSpace, given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return `it ${returned(given)}; expected options`;
  const unmatched = Object.keys(given).find((name) => !(name in space));
  if (unmatched !== undefined) return `it returned "${unmatched}", which is not in the search space`;
  for (const [name, dimension] of Object.entries(space)) {
    const value: unknown = Reflect.get(given, name);
    if (isWithin(dimension, value)) continue;
    const expected =
      dimension.kind === 'choices'
        ? `one of ${dimension.values.join(', ')}`
        : `${dimension.low} to ${dimension.high}${dimension.whole ? ', a whole number' : ''}`;
    return `its "${name}" is ${shown(value)}; expected ${expected}`;
  }
  return undefined;
}

function isWithin(dimension: Dimension, value: unknown): boolean {
  if (dimension.kind === 'choices') return dimension.values.some((known) => known === value);
  const { low, high, whole } = dimension;
  return typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value));
}

/** The random point with index `counter`. It depends only on the key, the counter and the space. */
export function randomPoint(space: SearchSpace, key: RandomKey, counter: number): SearchPoint {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension], at) => [name, fromUnit(dimension, uniform(key, counter, at))]),
  );
}

/**
 * Checks that the options accept every point of `space`.
 * @throws RecdistillError `bad-space`, naming the option
 */
export function checkSpace(space: SearchSpace, schema: OptionsSchema, owner: string): void {
  for (const [option, dimension] of Object.entries(space)) {
    const refuse = (problem: string, hint: string): never =>
      fail('bad-space', { owner, option, problem: `${option}: ${problem}`, hint });
    if (!(option in schema.shape)) {
      refuse('there is no such option', `Options of ${owner}: ${Object.keys(schema.shape).join(', ')}.`);
    }
    if (dimension.kind === 'choices') {
      if (dimension.values.length === 0) refuse('it has no choices', 'Give at least one value, or remove the option.');
    } else checkRange(dimension, refuse);
    for (const value of witnesses(dimension)) {
      try {
        parseOptions(schema, { [option]: value }, owner);
      } catch (cause) {
        if (!(cause instanceof RecdistillError) || cause.details.option !== option) throw cause;
        refuse(`it contains ${value}; expected ${cause.details.expected}`, 'Give values that the option accepts.');
      }
    }
  }
}

function checkRange({ low, high, scale, whole }: Range, refuse: (problem: string, hint: string) => never): void {
  if (!Number.isFinite(low) || !Number.isFinite(high))
    refuse('its bounds are not finite numbers', 'Give "low" and "high".');
  if (low > high) refuse(`it goes from ${low} to ${high}`, '"low" must not exceed "high".');
  if (scale === 'log' && low <= 0)
    refuse(`it starts at ${low} on a logarithmic scale`, 'Start above 0, or use a linear scale.');
  if (whole && !(Number.isInteger(low) && Number.isInteger(high)))
    refuse(`its bounds ${low} and ${high} are not whole numbers`, 'Give whole numbers as "low" and "high".');
}

/** Values to check: since options accept intervals, a space is valid if these values are. */
const witnesses = (dimension: Dimension): readonly SearchValue[] =>
  dimension.kind === 'choices' ? dimension.values : [dimension.low, dimension.high, fromUnit(dimension, 0.381966)];
