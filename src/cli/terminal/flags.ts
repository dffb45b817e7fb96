/** Converts between option declarations and command line flags: camelCase and kebab-case, text and values. */

import { fail, RecdistillError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { describeOptions, kebab, type OptionRow } from '../../options/describe.js';
import { type OptionsOf, type OptionsSchema, parseOptions } from '../../options/options.js';
import type { FlagValue, Given, OptionGroup } from './_command.js';
import { isList, listGiven } from './lists.js';

/** The rows of several groups, one for each name; the first group that has a name describes it. */
export function rowsOf(groups: readonly OptionGroup[]): OptionRow[] {
  const rows = new Map<string, OptionRow>();
  for (const row of groups.flatMap((g) => describeOptions(g.schema))) if (!rows.has(row.name)) rows.set(row.name, row);
  return [...rows.values()];
}

/** The flag of an option, such as `--batch-size`. */
export const flagOf = (name: string): string => `--${kebab(name)}`;

/** @throws RecdistillError `unknown-option` for a flag that no group has */
export function refuseUnknownFlags(given: Given, groups: readonly OptionGroup[], owner: string): void {
  const known = rowsOf(groups).map((row) => row.name);
  const unknown = Object.keys(given.flags).find((name) => !known.includes(name));
  if (unknown !== undefined) unknownFlag(flagOf(unknown), known.map(flagOf), owner);
}

/** @throws RecdistillError `unknown-option` with the nearest known flag */
export function unknownFlag(flag: string, known: readonly string[], owner: string): never {
  return fail('unknown-option', { owner, option: flag, suggestion: nearest(flag, known), known: known.join(' ') });
}

/** The given flags that `groups` have, as words of a command line. */
export function wordsOf(groups: readonly OptionGroup[], given: Given): string[] {
  return rowsOf(groups).flatMap(({ name }) => {
    const value = given.flags[name];
    if (value === undefined) return [];
    const flag = flagOf(name);
    if (typeof value === 'boolean') return [value ? flag : flag.replace('--', '--no-')];
    return textsOf(value).map((text) => `${flag}=${text}`);
  });
}

const textsOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/**
 * The given flags that `schema` declares, as values; defaults are not filled in.
 * @throws RecdistillError `bad-option`, naming the flag, for a malformed list
 */
export function givenOf(schema: OptionsSchema, given: Given, owner = 'the command line'): Record<string, unknown> {
  const rows = describeOptions(schema).filter((row) => row.name in given.flags);
  return withFlagNames(() =>
    Object.fromEntries(rows.map((row) => [row.name, valueGiven(row, given.flags[row.name]!, owner)])),
  );
}

/**
 * The given flags that `schema` declares, checked and with defaults.
 * @param beneath values of options without a flag
 * @throws RecdistillError `bad-option`, naming the flag
 */
export function readOptions<S extends OptionsSchema>(
  { schema, owner }: OptionGroup & { readonly schema: S },
  given: Given,
  beneath: Readonly<Record<string, unknown>> = {},
): OptionsOf<S> {
  return withFlagNames(() => parseOptions(schema, { ...beneath, ...givenOf(schema, given, owner) }, owner));
}

/** Runs `work`. Its errors name options as flags. */
export function withFlagNames<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RecdistillError) || cause.code !== 'bad-option') throw cause;
    const name = String(cause.details.option).split('.')[0]!;
    if (name.startsWith('--')) throw cause;
    return fail(cause.code, { ...cause.details, option: flagOf(name) }, cause);
  }
}

/** Text of the wrong type stays text, so that the option's own check refuses it. */
function valueGiven(row: OptionRow, value: FlagValue, owner: string): unknown {
  if (typeof value === 'boolean') return value;
  if (isList(row)) return listGiven(row, textsOf(value), owner, numberOf);
  const text = textsOf(value).at(-1)!;
  return row.kind === 'integer' || row.kind === 'number' ? numberOf(text) : text;
}

const numberOf = (text: string): number | string =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
