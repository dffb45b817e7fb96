/** Synchronous work that Ctrl-C can end. Node handles signals between two turns of the event loop, and such work has no turns. */
import { createContext, Script } from 'node:vm';

let context: { work?: () => void } | undefined;
const script = new Script('work()');

/**
 * Does the work. SIGINT ends it in the middle, also in WebAssembly, without its `finally` blocks. A call of the system is finished first.
 * @throws what the work throws; an error for which `isBreak` is true if SIGINT ended it
 */
export function breakable<T>(work: () => T): T {
  context ??= createContext({}) as { work?: () => void };
  let result: { readonly value: T } | undefined;
  context.work = () => {
    result = { value: work() };
  };
  try {
    script.runInContext(context, { breakOnSigint: true });
    return result!.value;
  } finally {
    delete context.work;
  }
}

/** Whether SIGINT has ended the work. The error belongs to another context, so it is no `Error` of this one. */
export const isBreak = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
