/** Defaults that follow from the size of the data. They are declared with the option and become numbers before a run gets its name. */
import { z } from 'zod';
import type { OptionsSchema } from './schema.js';

/** What a default may depend on: the train part. */
export interface DataSize {
  /** Users with train interactions. */
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: number;
}

/** Share of the user-item pairs that are train interactions, 0 to 1. */
export const densityOf = ({ nUsers, nItems, interactions }: DataSize): number =>
  interactions / Math.max(1, nUsers * nItems);

/** A default that follows from the size of the data. */
export interface FromData {
  /** The rule in words, such as `4 x the density`. Shown by --help and in docs/options.md. */
  readonly rule: string;
  /** The value where no data is known yet, when options are only checked. */
  readonly typical: number;
  /** @param others the other options of the unit, with typical values for those that follow from the data, too */
  value(size: DataSize, others: Readonly<Record<string, unknown>>): number;
}

/**
 * A default for `int` and `float` that follows from the data:
 * `float({ default: fromData({ rule: '4 x the density', typical: 0.003, value: (size) => 4 * densityOf(size) }), ... })`.
 * The value must be in the range of the option. A given value takes precedence.
 */
export const fromData = (declared: FromData): FromData => declared;

/** Four significant digits, so that a value can be written as an option again. */
export const shortNumber = (value: number): number => Number(value.toPrecision(4));

/** The value between two bounds. */
export const within = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, value));

const declaration = z.object({
  fromData: z.object({
    rule: z.string(),
    typical: z.number(),
    value: z.custom<FromData['value']>((given) => typeof given === 'function'),
  }),
});

/** The default of an option that follows from the data; undefined for other options. */
export const ruleOf = (option: z.ZodType): FromData | undefined => declaration.safeParse(option.meta()).data?.fromData;

/**
 * The values of the options of `schema` that are not given and follow from the data, by name.
 * @param parsed all options, with typical values for these
 */
export function valuesFromData(
  schema: OptionsSchema,
  given: Readonly<Record<string, unknown>>,
  parsed: Readonly<Record<string, unknown>>,
  size: DataSize,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(schema.shape).flatMap(([name, option]) => {
      const rule = given[name] === undefined ? ruleOf(option) : undefined;
      return rule ? [[name, rule.value(size, parsed)]] : [];
    }),
  );
}
