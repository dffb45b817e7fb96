/** What an options schema says about itself: rows for `--help`, for the documentation and for CLI flags. */
import { z } from 'zod';
import type { OptionsSchema } from './options.js';

export interface OptionRow {
  /** camelCase, as in YAML, JSON and the library. */
  readonly name: string;
  /** kebab-case, as on the command line, without dashes. */
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
  items?: { type?: string };
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** One row for each option of `schema`, in the order of declaration. */
export function describeOptions(schema: OptionsSchema): OptionRow[] {
  const json = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, JsonProperty> };
  return Object.entries(json.properties ?? {}).map(([name, p]) => ({
    name,
    flag: kebab(name),
    kind: kindOf(p),
    default: p.default,
    range: rangeOf(p),
    ...(p.enum ? { choices: p.enum } : {}),
    help: p.description ?? '',
  }));
}

export const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

function kindOf(p: JsonProperty): OptionRow['kind'] {
  if (p.enum) return 'choice';
  if (p.anyOf?.some((one) => one.type === 'array')) return 'paths';
  if (p.type === 'array') {
    if (p.items?.type === 'string') return 'strings';
    return p.items?.type === 'number' || p.items?.type === 'integer' ? 'numbers' : 'list';
  }
  if (p.type === 'object') return 'group';
  if (p.type === 'integer' || p.type === 'number' || p.type === 'boolean') return p.type;
  return 'string';
}

function rangeOf(p: JsonProperty): string {
  if (p.enum) return p.enum.join(' | ');
  const safe = (v: number | undefined) => v !== undefined && Math.abs(v) < Number.MAX_SAFE_INTEGER;
  const parts: string[] = [];
  if (safe(p.minimum)) parts.push(`>= ${p.minimum}`);
  if (safe(p.exclusiveMinimum)) parts.push(`> ${p.exclusiveMinimum}`);
  if (safe(p.maximum)) parts.push(`<= ${p.maximum}`);
  return parts.join(', ');
}
