/** An option whose value is a unit: an optimiser, a sampler, a reader. */
import { z } from 'zod';
import { RecdistillError } from '../errors.js';
import type { NameOr, Registry, Unit } from './registry.js';

/**
 * A unit in an entry of a plan: its name, which is looked up later, or the unit itself, which is added; the value is the name.
 * @throws RecdistillError from the check of the options, for an object: `broken-unit`, `name-taken`
 */
export const unitName = <Names extends string, U extends Unit>(registry: Registry<U>) =>
  given<Names, U>().transform((unit): string => (typeof unit === 'string' ? unit : registry.find(unit).name));

const given = <Names extends string, U extends Unit>() =>
  z.custom<NameOr<Names> | U>((value) => typeof value === 'string' || (typeof value === 'object' && value !== null), {
    error: 'expected a name or a unit',
  });

interface UnitOptionSpec<Names extends string> {
  readonly default: Names;
  readonly help: string;
  /** Further words that the option takes, such as `auto`. */
  readonly words?: readonly Names[];
  /** Units that do not fit here. */
  readonly except?: readonly string[];
}

/**
 * A name of a unit of `registry`, also of one that was added, or the unit itself, which is added; the value is the name.
 * @throws RecdistillError from the check of the options, for an object: `broken-unit`, `name-taken`
 */
export const unitOption = <const Names extends string, U extends Unit>(
  registry: Registry<U>,
  { default: usual, help, words = [], except = [] }: UnitOptionSpec<Names>,
) =>
  given<Names, U>()
    .transform((unit, context): string => {
      if (typeof unit === 'string' && words.some((word) => word === unit)) return unit;
      try {
        const { name } = registry.find(unit);
        if (!except.includes(name)) return name;
      } catch (error) {
        if (typeof unit !== 'string' || !(error instanceof RecdistillError)) throw error;
      }
      context.addIssue({ code: 'custom', message: `expected the name of a ${registry.words}`, input: unit });
      return z.NEVER;
    })
    .default(usual)
    .meta({ description: help, unit: registry.unit, words: [...words], except: [...except], usual });
