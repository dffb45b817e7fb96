/** Checks of arguments: programs in plain JavaScript have no compiler that checks them. */
import { fail } from '../errors.js';
import { nearest } from '../nearest.js';
import { shown } from '../options/unit-check.js';
import { isPlainObject } from '../student/canonical-json.js';

/** A value in a message. */
export const described = (given: unknown): string => (given instanceof Promise ? 'a promise' : shown(given));

/** @throws RecdistillError `usage` if it is not the path of a file or folder */
export function expectPath(path: string, call: string, example = `${call}('runs/student')`): string {
  if (typeof path === 'string' && path !== '') return path;
  const hint = `For example: ${example}.`;
  return fail('usage', { problem: `${call} needs a path; it is ${described(path)}`, hint });
}

interface Expected {
  readonly words: string;
  readonly fits: (value: unknown) => boolean;
}

const has = (value: unknown, ...fields: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && fields.every((field) => Reflect.get(value, field) !== undefined);

const text: Expected = {
  words: 'a text that is not empty',
  fits: (value) => typeof value === 'string' && value !== '',
};

/** The options that calls have in common. */
const common: Readonly<Record<string, Expected>> = {
  name: text,
  folder: text,
  continueFrom: text,
  overwrite: {
    words: "true, false or 'differing'",
    fits: (value) => typeof value === 'boolean' || value === 'differing',
  },
  final: { words: 'true or false', fits: (value) => typeof value === 'boolean' },
  kernels: { words: 'what createKernels returned', fits: (value) => has(value, 'floats', 'free', 'threads') },
  listen: { words: 'a function', fits: (value) => typeof value === 'function' },
  signal: { words: 'an AbortSignal', fits: (value) => value instanceof AbortSignal },
  metrics: { words: 'a list of metrics', fits: Array.isArray },
  part: { words: "'test' or 'hidden'", fits: (value) => value === 'test' || value === 'hidden' },
};

/**
 * Refuses options that are no object, or have a value of the wrong type. Options that are undefined are absent.
 * @param call name of the called function
 * @param known names of all options of the call; absent: further ones belong to units
 * @throws RecdistillError `usage`, `bad-option`, `unknown-option`
 */
export function expectOptions(options: unknown, call: string, known?: readonly string[]): void {
  if (!isPlainObject(options)) {
    const problem = `${call} needs options; ${described(options)} was given`;
    fail('usage', { problem, hint: `Pass an object, such as ${call}(..., { name: 'mine' }).` });
  }
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (known && !known.includes(option))
      fail('unknown-option', { owner: call, option, suggestion: nearest(option, known), known: known.join(', ') });
    const expected = Object.hasOwn(common, option) ? common[option] : undefined;
    if (expected && !expected.fits(value))
      fail('bad-option', { owner: call, option, given: described(value), expected: expected.words });
  }
}
