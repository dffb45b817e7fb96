/** The number of threads where none is given. */
import { availableParallelism } from 'node:os';
import { fail } from '../errors.js';

/** Environment variable with the default of `--threads`, for containers and for many processes on one machine. */
export const THREADS_VARIABLE = 'RECDISTILL_THREADS';

/** @returns the number in the variable, or else the number of cores, at most 4. @throws RecdistillError `bad-option` for anything but 1 to 64 */
export function defaultThreads(environment: NodeJS.ProcessEnv = process.env): number {
  const given = environment[THREADS_VARIABLE];
  if (given === undefined || given === '') return Math.min(4, availableParallelism());
  if (/^[1-9]\d?$/.test(given) && Number(given) <= 64) return Number(given);
  return fail('bad-option', {
    option: THREADS_VARIABLE,
    owner: 'the environment',
    given,
    expected: 'a number from 1 to 64',
  });
}
