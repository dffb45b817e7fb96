/** Describes an options schema as rows for `--help`, for the documentation and for CLI flags. */
import { z } from 'zod';
import { registryOf, type UnitKind } from './registry.js';
import type { OptionsSchema } from './schema.js';

export interface OptionRow {
  /** Name in camelCase, as in YAML, JSON and the library. */
  readonly name: string;
  /** Flag in kebab-case, as on the command line, without leading dashes. */
  readonly flag: string;
  readonly kind:
    | 'integer'
    | 'number'
    | 'boolean'
    | 'string'
    | 'strings'
    | 'paths'
    | 'numbers'
    | 'choice'
    | 'list'
    | 'group';
  readonly default: unknown;
  readonly range: string;
  readonly choices?: readonly string[];
  readonly help: string;
}

interface JsonProperty {
  type?: string;
  anyOf?: JsonProperty[];
  enum?: string[];
  items?: JsonProperty;
  properties?: Record<string, JsonProperty>;
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  /** Of an option whose value is a unit: its kind, and further words that it takes. */
  unit?: UnitKind;
  words?: string[];
  /** Units of the kind that it does not take. */
  except?: string[];
  /** Its default. zod leaves out `default` where a value is transformed. */
  usual?: string;
  /** Its default follows from the data. */
  fromData?: { rule: string };
}

/** One row for each option of `schema`, in the order of declaration. */
export function describeOptions(schema: OptionsSchema): OptionRow[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, JsonProperty>;
  };
  return Object.entries(json.properties ?? {}).map(([name, property]) => describe(name, withUnits(property)));
}

const describe = (name: string, p: JsonProperty): OptionRow => ({
  name,
  flag: kebab(name),
  kind: kindOf(p),
  default: p.fromData ? 'from the data' : (p.default ?? p.usual),
  range: rangeOf(p),
  ...(p.enum ? { choices: p.enum } : {}),
  help: [p.description, p.fromData && `Default: ${p.fromData.rule}.`].filter(Boolean).join(' '),
});

/** The units that there are now are the choices of an option whose value is a unit. */
const withUnits = (p: JsonProperty): JsonProperty =>
  p.unit === undefined ? p : { ...p, enum: unitNames({ unit: p.unit, words: p.words ?? [], except: p.except ?? [] }) };

/** What an option takes whose value is a unit. */
export const unitNames = (o: {
  readonly unit: UnitKind;
  readonly words: readonly string[];
  readonly except: readonly string[];
}): string[] => [
  ...o.words,
  ...(registryOf(o.unit)?.all() ?? []).map(({ name }) => name).filter((name) => !o.except.includes(name)),
];

export const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

const isTextOrTexts = ({ anyOf }: JsonProperty): boolean =>
  anyOf?.length === 2 && anyOf[0]!.type === 'string' && !anyOf[0]!.enum && anyOf[1]!.items?.type === 'string';

function kindOf(p: JsonProperty): OptionRow['kind'] {
  if (p.enum) return 'choice';
  if (isTextOrTexts(p)) return 'paths';
  if (p.type === 'array') {
    if (p.items?.type === 'string') return 'strings';
    return p.items?.type === 'number' || p.items?.type === 'integer' ? 'numbers' : 'list';
  }
  if (p.type === 'object') return 'group';
  if (p.type === 'integer' || p.type === 'number' || p.type === 'boolean') return p.type;
  return 'string';
}

const kinds: Readonly<Record<OptionRow['kind'], string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'text',
  strings: 'a list of words',
  paths: 'a path or a list of paths',
  numbers: 'a list of numbers',
  choice: 'one of',
  list: 'a list',
  group: 'a group of options',
};

/**
 * Describes the expected value at `path` of an object, such as `a whole number >= 1`. The path may lead into groups and lists.
 * @returns undefined if the schema has nothing at `path`
 */
export function expectationAt(schema: z.ZodType, path: readonly PropertyKey[]): string | undefined {
  const root = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as JsonProperty;
  const found = path.reduce<JsonProperty | undefined>(
    (p, key) => (typeof key === 'number' ? p?.items : p?.properties?.[String(key)]),
    root,
  );
  const part = found && withUnits(found);
  // For other unions of types, the message of zod is more precise.
  if (part === undefined || (part.anyOf && !isTextOrTexts(part))) return undefined;
  return `${kinds[kindOf(part)]} ${rangeOf(part)}`.trimEnd();
}

function rangeOf(p: JsonProperty): string {
  if (p.enum) return p.enum.join(' | ');
  if (p.items?.type === 'number' || p.items?.type === 'integer') return rangeOf(p.items);
  const safe = (v: number | undefined) => v !== undefined && Math.abs(v) < Number.MAX_SAFE_INTEGER;
  const parts: string[] = [];
  if (safe(p.minimum)) parts.push(`>= ${p.minimum}`);
  if (safe(p.exclusiveMinimum)) parts.push(`> ${p.exclusiveMinimum}`);
  if (safe(p.maximum)) parts.push(`<= ${p.maximum}`);
  if (p.maxLength !== undefined) parts.push(`of at most ${p.maxLength} characters`);
  if (p.minItems !== undefined) parts.push(`of at least ${p.minItems}`);
  if (p.maxItems !== undefined) parts.push(`of at most ${p.maxItems}`);
  return parts.join(', ');
}
