/** Validates units that users add: plain JavaScript has no compiler that checks their fields. */

/** The JavaScript type that a field must have; `?` if it may be absent. */
export type FieldType =
  | 'string'
  | 'function'
  | 'object'
  | 'boolean'
  | 'number'
  | 'list'
  | 'text'
  | 'list?'
  | 'object?'
  | 'function?';

const WORDS: Readonly<Record<FieldType, string>> = {
  string: 'text',
  text: 'a line of text',
  function: 'a function',
  object: 'an object',
  boolean: 'true or false',
  number: 'a number',
  list: 'a list',
  'function?': 'a function, or left out',
  'object?': 'an object, or left out',
  'list?': 'a list, or left out',
};

function hasType(value: unknown, type: FieldType): boolean {
  if (type.endsWith('?')) {
    if (value === undefined) return true;
    return type === 'list?' ? Array.isArray(value) : typeof value === type.slice(0, -1) && value !== null;
  }
  if (type === 'list') return Array.isArray(value);
  if (type === 'text') return typeof value === 'string' && value.trim() !== '';
  return typeof value === type && value !== null;
}

/** A description of the first field that is missing or has the wrong type. Undefined if all are valid. */
export function fieldProblem(unit: object, fields: Readonly<Record<string, FieldType>>): string | undefined {
  for (const [name, type] of Object.entries(fields)) {
    // Also a method of a class.
    const value: unknown = Reflect.get(unit, name);
    if (hasType(value, type)) continue;
    return `its field "${name}" is ${shown(value)}; expected ${WORDS[type]}`;
  }
  return undefined;
}

/** A short description of a value. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** What a function of a unit returned, for messages: `returned 3`. */
export const returned = (value: unknown): string => `returned ${value === undefined ? 'nothing' : shown(value)}`;

/** The problem of the kind or name of a unit, if any. @param words name of this kind of unit in messages */
export function unitProblem(given: object | undefined, unit: string, words: string): string | undefined {
  const { unit: kind, name } = { unit: undefined, name: undefined, ...given };
  if (kind !== unit) return `it is not made by the function that makes a ${words}`;
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9-]*$/.test(name)) return undefined;
  return `its field "name" is ${shown(name)}; expected lower-case letters, digits and "-"`;
}
