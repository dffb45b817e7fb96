/**
 * Declaration of options. An option is declared once, as a zod schema with a help text. The TypeScript type, validation,
 * CLI flag, JSON schema, documentation table and the entry in the run manifest are derived from it.
 */
import { z } from 'zod';
import { fail } from '../errors.js';
import { nearest } from '../nearest.js';
import { expectationAt, unitNames } from './describe.js';
import { type DataSize, type FromData, valuesFromData } from './from-data.js';
import { unitKinds } from './registry.js';
import type { OptionShape, OptionsOf, OptionsSchema } from './schema.js';

export type { OptionShape, OptionsInput, OptionsOf, OptionsSchema } from './schema.js';

interface NumberSpec<D> {
  readonly default: D;
  readonly min?: number;
  readonly max?: number;
  /** An exclusive lower bound. */
  readonly above?: number;
  readonly help: string;
}

function bounded(schema: z.ZodNumber, spec: NumberSpec<unknown>): z.ZodNumber {
  let s = schema;
  if (spec.min !== undefined) s = s.min(spec.min);
  if (spec.above !== undefined) s = s.gt(spec.above);
  if (spec.max !== undefined) s = s.max(spec.max);
  return s;
}

function withDefault(schema: z.ZodNumber, { default: usual, help }: NumberSpec<number | FromData>) {
  if (typeof usual === 'number') return schema.default(usual).describe(help);
  return schema.default(usual.typical).meta({ description: help, fromData: usual });
}

/** A whole number. */
export const int = (spec: NumberSpec<number | FromData>) => withDefault(bounded(z.int(), spec), spec);
/** A finite number. */
export const float = (spec: NumberSpec<number | FromData>) => withDefault(bounded(z.number(), spec), spec);
/** true or false. */
export const flag = (spec: { default: boolean; help: string }) => z.boolean().default(spec.default).describe(spec.help);
/** One of a fixed set of words. */
export const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  spec: { default: T[number]; help: string },
) =>
  z
    .enum(values)
    .default(spec.default as never)
    .describe(spec.help);
/** Text. */
export const text = (spec: { default: string; help: string }) => z.string().default(spec.default).describe(spec.help);
/** Text that may be absent. */
export const optionalText = (spec: { help: string }) => z.string().optional().describe(spec.help);
/** One path or several: text, or a list of texts. On the command line the flag is repeated; commas are part of a path. */
export const paths = (spec: { default: string; help: string }) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .default(spec.default)
    .describe(spec.help);
/** A whole number that may be absent. */
export const optionalInt = (spec: Omit<NumberSpec<never>, 'default'>) =>
  bounded(z.int(), { ...spec, default: undefined })
    .optional()
    .describe(spec.help);
/** A finite number that may be absent. */
export const optionalFloat = (spec: Omit<NumberSpec<never>, 'default'>) =>
  bounded(z.number(), { ...spec, default: undefined })
    .optional()
    .describe(spec.help);
/** A list of words: a list in YAML, comma-separated on the command line. */
export const words = (spec: { default: readonly string[]; help: string }) =>
  z
    .array(z.string())
    .default([...spec.default])
    .describe(spec.help);
/** A list of numbers: a list in YAML, comma-separated on the command line. */
export const numbers = (spec: { default: readonly number[]; min?: number; help: string }) =>
  z
    .array(spec.min === undefined ? z.number() : z.number().min(spec.min))
    .default([...spec.default])
    .describe(spec.help);
/** A list of numbers that may be absent. */
export const optionalNumbers = (spec: { min?: number; help: string }) =>
  z
    .array(spec.min === undefined ? z.number() : z.number().min(spec.min))
    .optional()
    .describe(spec.help);

/** Declares the options of one unit. An unknown key is an error. */
export const options = <S extends OptionShape>(shape: S): OptionsSchema<S> => z.strictObject(shape);

/** Those of the given options that `schema` has. */
export const ownOptions = (schema: OptionsSchema, given: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => name in schema.shape));

/**
 * Validates `input` against `schema` and fills in the defaults.
 * @param size of the data, for defaults that follow from it. Absent: these have typical values, so the result is only a check
 * @throws RecdistillError `unknown-option` (with the nearest known name) or `bad-option`
 */
export function parseOptions<T extends OptionsSchema>(
  schema: T,
  input: unknown,
  owner: string,
  size?: DataSize,
): OptionsOf<T> {
  const result = schema.safeParse(input ?? {});
  if (result.success) {
    if (!size) return result.data as OptionsOf<T>;
    const given = { ...(input as Readonly<Record<string, unknown>> | undefined) };
    const found = valuesFromData(schema, given, result.data, size);
    // The values of a rule are checked like given ones.
    return parseOptions(schema, { ...given, ...found }, owner);
  }
  // A misspelt name also makes its option missing. The name is what the user has to correct.
  const { issues } = result.error;
  const issue = issues.find((i) => i.code === 'unrecognized_keys') ?? issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const option = issue.keys[0]!;
    const known = Object.keys(schema.shape);
    fail('unknown-option', { owner, option, suggestion: nearest(option, known), known: known.join(', ') });
  }
  const option = schema.shape[String(issue.path[0])] as z.ZodType | undefined;
  const { path, ...told } = complaint(schema, issue, input);
  const help = meant(option, input, issue) ?? option?.description;
  fail('bad-option', {
    ...{ owner, option: path || '(all)', ...told },
    help,
  });
}

/** A hint with the nearest unit name, if the option selects a unit. */
function meant(option: z.ZodType | undefined, input: unknown, { path }: z.core.$ZodIssue): string | undefined {
  const { unit, ...rest } = unitMeta.parse(option?.meta() ?? {});
  if (unit === undefined || typeof input !== 'object' || input === null) return undefined;
  const given: unknown = new Map<string, unknown>(Object.entries(input)).get(String(path[0]));
  const near = typeof given === 'string' ? nearest(given, unitNames({ unit, ...rest })) : undefined;
  return near && `Did you mean "${near}"?`;
}

const names = z.array(z.string()).default([]);
const unitMeta = z.object({ unit: z.enum(unitKinds).optional(), words: names, except: names });

/** The expected value. For a text format, the message of zod. */
const expected = (schema: z.ZodType, issue: z.core.$ZodIssue): string =>
  (measured.has(issue.code) ? expectationAt(schema, issue.path) : undefined) ??
  issue.message.replace(/^.*expected (number to be )?/, '').replace(/, received .*$/, '');

/** Issue codes about the type or range of a value. */
const measured: ReadonlySet<string | undefined> = new Set([
  ...['invalid_type', 'too_small', 'too_big', 'invalid_value', 'invalid_union', 'not_multiple_of', 'custom'],
]);

/**
 * Describes a validation issue: what was given, and what was expected.
 * @param schema schema of the object that contains the invalid value
 * @param input the validated input
 */
export function complaint(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  input: unknown,
): { readonly path: string; readonly given: string; readonly expected: string } {
  const given = issue.path.reduce<unknown>((v, k) => (v as Record<PropertyKey, unknown> | undefined)?.[k], input);
  return {
    path: issue.path.map(String).join('.'),
    given: given === undefined ? 'missing' : show(given),
    expected: expected(schema, issue),
  };
}

/** A value as JSON. NaN, infinities and values that JSON cannot represent are shown as in JavaScript. */
function show(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    // Nested too deeply for the stack, or within itself.
    return 'a value that cannot be written as JSON';
  }
}
