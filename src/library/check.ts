/** Checks of arguments, for programs in plain JavaScript. */
import { fail } from '../errors.js';
import { shown } from '../options/unit-check.js';

/** A value in a message. */
export const described = (given: unknown): string => (given instanceof Promise ? 'a promise' : shown(given));

/** @throws RecdistillError `usage` if it is not the path of a file or folder */
export function expectPath(path: string, call: string, example = `${call}('runs/student')`): string {
  if (typeof path === 'string' && path !== '') return path;
  const hint = `For example: ${example}.`;
  return fail('usage', { problem: `${call} needs a path; it is ${described(path)}`, hint });
}
