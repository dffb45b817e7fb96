/** Calls of the code of units that users add. An error in it names the unit, its file and the function that threw it. */
import { fileURLToPath } from 'node:url';
import { fail, RecdistillError } from '../errors.js';
import { type FieldType, fieldProblem, shown } from './unit-check.js';

export interface Origin {
  /** What a unit of this kind is called in messages. */
  readonly words: string;
  readonly name: string;
  /** The file that the unit was read from. Absent for an object that was passed to a function. */
  readonly file?: string;
  /** The fields that what `create` returns must have. */
  readonly made?: Readonly<Record<string, FieldType>> | undefined;
}

/**
 * The same unit, whose functions throw RecdistillErrors only: `broken-unit` for any other error. What its `create` returns is guarded, too.
 * Errors that a unit throws with `fail` stay as they are.
 */
export function guarded<T extends object>(unit: T, origin: Origin): T {
  const calls = new Map<PropertyKey, { readonly of: unknown; readonly call: (...args: unknown[]) => unknown }>();
  const callOf = (key: PropertyKey, of: CallableFunction) => {
    const kept = calls.get(key);
    if (kept?.of === of) return kept.call;
    const made = (result: unknown): unknown => {
      if (key !== 'create') return result;
      const isObject = typeof result === 'object' && result !== null;
      const problem = origin.made && (isObject ? fieldProblem(result, origin.made) : `it is ${shown(result)}`);
      if (problem !== undefined) breach(origin, `the result of create: ${problem}`);
      return isObject ? guarded(result, origin) : result;
    };
    const failed = (cause: unknown): never => refuse(cause, String(key), origin);
    const call = (...args: unknown[]): unknown => {
      try {
        const result: unknown = Reflect.apply(of, unit, args);
        if (!(result instanceof Promise)) return made(result);
        if (ASYNC.includes(key)) return result.then(made, failed);
        // Only that it is a promise is reported.
        result.catch(() => {});
        const problem = 'it returned a promise; expected its result at once';
        return fail('misuse', { problem, hint: 'Remove "async" from this function.' });
      } catch (cause) {
        return failed(cause);
      }
    };
    calls.set(key, { of, call });
    return call;
  };
  // The copy is never frozen, so that its functions can be replaced. It has the names of the fields; their values are read from the unit.
  return new Proxy(
    { ...unit },
    {
      get(_, key) {
        const value: unknown = Reflect.get(unit, key, unit);
        if (typeof value === 'function') return callOf(key, value);
        return PARTS.includes(key) && typeof value === 'object' && value !== null ? guarded(value, origin) : value;
      },
      set: (_, key, value) => Reflect.set(unit, key, value, unit),
      has: (_, key) => Reflect.has(unit, key),
    },
  );
}

/** Functions that may return a promise. What another one returned later would be too late. */
const ASYNC: readonly PropertyKey[] = ['create', 'beforeEpoch', 'afterEpoch', 'read', 'write'];

/** Objects of a unit that have functions of their own. */
const PARTS: readonly PropertyKey[] = ['histories'];

function refuse(cause: unknown, field: string, origin: Origin): never {
  // Other RecdistillErrors are about what a user gave, or are thrown by the unit on purpose.
  if (cause instanceof RecdistillError && cause.code !== 'misuse') throw cause;
  const thrown =
    cause instanceof Error
      ? `${cause instanceof RecdistillError ? '' : `${cause.name}: `}${cause.message}`
      : String(cause);
  const problem = `${field}${cause instanceof RecdistillError ? ': ' : ' threw '}${thrown}${placeOf(cause, origin.file)}`;
  const hint = cause instanceof RecdistillError ? cause.hint : 'Correct the unit and run the same command again.';
  return breach(origin, problem, hint, cause);
}

function breach({ words: kind, name: given, file }: Origin, problem: string, hint?: string, cause?: unknown): never {
  const more = { ...(hint === undefined ? {} : { hint }), ...(file === undefined ? {} : { file }) };
  return fail('broken-unit', { kind, given, problem, ...more }, cause);
}

/** The line of the unit's file, or the innermost place if the error does not come from that file. */
function placeOf(cause: unknown, file: string | undefined): string {
  const line = file === undefined ? undefined : placeIn(file, cause);
  if (line !== undefined) return ` (line ${line})`;
  const [first] = placesOf(cause);
  return first && !(cause instanceof RecdistillError) ? ` (${first.path}:${first.line})` : '';
}

/** The line of a file that an error comes from, if it does. */
export const placeIn = (file: string, cause: unknown): string | undefined =>
  placesOf(cause).find(({ path }) => path === file)?.line;

/** The files and lines of the stack of an error, the innermost first. */
function placesOf(cause: unknown): { readonly path: string; readonly line: string }[] {
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  return [...stack.matchAll(/(file:\/\/\/[^\s()]+?|\/[^\s():]+):(\d+)(?::\d+)?\)?$/gm)].map(([, url, line]) => ({
    path: url!.startsWith('file:') ? fileURLToPath(url!) : url!,
    line: line!,
  }));
}
