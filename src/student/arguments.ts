/** Checks the arguments of plain JavaScript programs: ids are text, options have known names and types. */
import { StudentError } from './student-error.js';

const listOptions = ['k', 'exclude', 'filter', 'candidates', 'includeSeen'] as const;
const foldInOptions = [...listOptions, 'l2', 'unobserved'] as const;

/** @throws StudentError `bad-argument` if it is not text */
export function checkId(id: unknown, what: 'user' | 'item'): void {
  if (typeof id === 'string') return;
  const hint = typeof id === 'number' ? `Ids are text: pass '${id}'.` : 'Ids are text, as in the training data.';
  throw new StudentError('bad-argument', `the ${what} id is ${shown(id)}; expected text`, hint);
}

/** @param what name of the argument @throws StudentError `bad-argument` if it is not a list of texts */
export function checkIds(ids: unknown, what: string): void {
  if (!Array.isArray(ids)) {
    throw new StudentError('bad-argument', `${what} is ${shown(ids)}; expected a list of ids`, "For example: ['12'].");
  }
  for (const id of ids) checkId(id, what === 'userIds' ? 'user' : 'item');
}

/** @param kind the call: `list`, or `fold-in` with its further options @throws StudentError `bad-argument` */
export function checkOptions(options: object, kind: 'list' | 'fold-in'): void {
  const known: readonly string[] = kind === 'list' ? listOptions : foldInOptions;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!known.includes(name)) {
      throw new StudentError('bad-argument', `unknown option "${name}"`, `Known options: ${known.join(', ')}.`);
    }
    if (name === 'exclude' || name === 'candidates') checkIds(value, name);
    const type = { filter: 'function', includeSeen: 'boolean' }[name];
    if (type !== undefined && typeof value !== type) {
      throw new StudentError('bad-argument', `${name} is ${shown(value)}; expected a ${type}`, 'See ListOptions.');
    }
  }
}

/** A value in a message. */
export const shown = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
