/** Small option values for tests, from what a unit declares and from the ranges of its options. */
import { describeOptions, type OptionsSchema, ownOptions } from '../options/index.js';

export type Values = Readonly<Record<string, unknown>>;

/** Maximum of sizes that are not declared as `small`. */
const SIZE = 4;
/** More than the users or items in the data of the suites. */
const MANY = 1000;

interface Declared {
  readonly options: OptionsSchema;
  readonly small?: Values;
}

/** Values of the options that all trained models share. */
const training: Values = { epochs: 3, batchSize: 5, evaluateEvery: 1, patience: 100 };

/** Values with defaults: `more`, then the declared `small` options, then the smallest value of each whole number. */
export function smallOptions({ options, small = {} }: Declared, more: Values = {}): Values {
  const sizes = wholeNumbers(options).map(({ name, least, usual }) => [name, Math.max(least, Math.min(usual, SIZE))]);
  return options.parse({ ...Object.fromEntries(sizes), ...ownOptions(options, training), ...small, ...more });
}

/** Each whole number option, set to more than the data of the suites has. */
export const largeOptions = (options: OptionsSchema): Values[] =>
  wholeNumbers(options).map(({ name, most }) => ({ [name]: Math.min(most, MANY) }));

/** The whole number options with a default, and their ranges. */
function wholeNumbers(options: OptionsSchema) {
  return describeOptions(options).flatMap(({ name, kind, range, default: usual }) => {
    if (kind !== 'integer' || typeof usual !== 'number') return [];
    const bound = (sign: string, otherwise: number) => {
      const found = range.split(', ').find((part) => part.startsWith(`${sign} `));
      return found === undefined ? otherwise : Number(found.slice(sign.length + 1));
    };
    return [{ name, usual, least: bound('>=', Number.NEGATIVE_INFINITY), most: bound('<=', MANY) }];
  });
}
