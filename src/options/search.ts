/**
 * Search spaces as data: which values of which options a search may try. A point is drawn through the unit interval, in
 * which a range is level on its scale, so that every strategy can work with numbers from 0 to 1.
 */
import { fail, RecdistillError } from '../errors.js';
import { type RandomKey, uniform } from '../math/random.js';
import { type OptionsSchema, parseOptions } from './options.js';

export type SearchValue = number | string | boolean;

export interface Range {
  readonly kind: 'range';
  readonly low: number;
  /** May be drawn, like `low`. */
  readonly high: number;
  /** `log`: equal ratios are equally likely. */
  readonly scale: 'linear' | 'log';
  /** Whole numbers only. */
  readonly whole: boolean;
}

export interface Choices {
  readonly kind: 'choices';
  readonly values: readonly SearchValue[];
}

export type Dimension = Range | Choices;

/** What may be searched, by the name of the option. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

export type SearchPoint = Readonly<Record<string, SearchValue>>;

type RangeSetting = Partial<Pick<Range, 'scale' | 'whole'>>;

/** The values from `low` to `high`, linear and not only whole unless `setting` says so. */
export const range = (low: number, high: number, setting: RangeSetting = {}): Range => ({
  ...{ kind: 'range', low, high, scale: 'linear', whole: false },
  ...setting,
});
/** The values from `low` to `high`, each ratio as likely as any other. */
export const logRange = (low: number, high: number): Range => range(low, high, { scale: 'log' });
/** The whole numbers from `low` to `high`. */
export const wholeRange = (low: number, high: number): Range => range(low, high, { whole: true });
/** One of these values. */
export const oneOf = (...values: readonly SearchValue[]): Choices => ({ kind: 'choices', values });

/** Digits of a number that is drawn: enough for any option, few enough to type. */
const DIGITS = 4;

/** The value at `unit` in [0, 1): level on the scale of a range, equal shares for choices and whole numbers. */
export function fromUnit(dimension: Dimension, unit: number): SearchValue {
  if (dimension.kind === 'choices') return dimension.values[Math.floor(unit * dimension.values.length)]!;
  const { low, high, whole } = dimension;
  const [start, end] = scaled(dimension);
  const at = start + unit * (end - start);
  const value = dimension.scale === 'log' ? Math.exp(at) : at;
  // log and exp round: the edges are kept by force.
  return Math.min(high, Math.max(low, whole ? Math.floor(value) : Number(value.toPrecision(DIGITS))));
}

/** Where a value of a range lies in [0, 1], a value outside at the nearer end; a whole number in the middle of its share. */
export function toUnit(dimension: Range, value: number): number {
  const [start, end] = scaled(dimension);
  const inside = Math.min(dimension.high, Math.max(dimension.low, value)) + (dimension.whole ? 0.5 : 0);
  return end > start ? ((dimension.scale === 'log' ? Math.log(inside) : inside) - start) / (end - start) : 0.5;
}

/** The ends of a range on its scale; each whole number takes the stretch up to the next. */
function scaled({ low, high, scale, whole }: Range): [start: number, end: number] {
  const end = whole ? high + 1 : high;
  return scale === 'log' ? [Math.log(low), Math.log(end)] : [low, end];
}

/** The point number `counter` of a random sequence: it depends on nothing but the key, the counter and the space. */
export function randomPoint(space: SearchSpace, key: RandomKey, counter: number): SearchPoint {
  return Object.fromEntries(
    Object.entries(space).map(([name, dimension], at) => [name, fromUnit(dimension, uniform(key, counter, at))]),
  );
}

/**
 * Checks that every point of `space` is one that the options accept.
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
      if (dimension.values.length === 0)
        refuse('it has no choices', 'Give at least one value, or leave the option out.');
    } else checkRange(dimension, refuse);
    for (const value of witnesses(dimension)) {
      try {
        parseOptions(schema, { [option]: value }, owner);
      } catch (cause) {
        if (!(cause instanceof RecdistillError) || cause.details.option !== option) throw cause;
        refuse(`${value} is in the space; expected ${cause.details.expected}`, 'Give values that the option takes.');
      }
    }
  }
}

function checkRange({ low, high, scale, whole }: Range, refuse: (problem: string, hint: string) => never): void {
  if (!Number.isFinite(low) || !Number.isFinite(high)) refuse('its ends are not numbers', 'Give "low" and "high".');
  if (low > high) refuse(`it goes from ${low} to ${high}`, '"low" must not exceed "high".');
  if (scale === 'log' && low <= 0)
    refuse(`it starts at ${low} on a logarithmic scale`, 'Start above 0, or use a linear scale.');
  if (whole && !(Number.isInteger(low) && Number.isInteger(high)))
    refuse(`whole numbers from ${low} to ${high} were asked for`, 'Give whole numbers as "low" and "high".');
}

/** Values that an option refuses if it refuses any: options take intervals, of all numbers or of whole ones. */
const witnesses = (dimension: Dimension): readonly SearchValue[] =>
  dimension.kind === 'choices' ? dimension.values : [dimension.low, dimension.high, fromUnit(dimension, 0.381966)];
