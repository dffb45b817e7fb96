/** Ways out where a run of other options or data has the name that was asked for. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, RecdistillError } from '../../errors.js';

/** `name`, or the first of `name-2`, `name-3`, ... that nothing in the folder `runs` is called. */
export function freeName(name: string, runs: string): string {
  const taken = (candidate: string) => existsSync(join(runs, candidate));
  if (!taken(name)) return name;
  let at = 2;
  while (taken(`${name}-${at}`)) at++;
  return `${name}-${at}`;
}

/** What to do about `run-differs`. @param rename what gives the new run a name that is free, such as `--name ease-2` */
export const differsHint = (rename: string): string =>
  `Keep both with ${rename}, or start the run that is there anew with --overwrite; what it holds is lost then.`;

/**
 * Runs `work`, which makes runs called `name`; where one that differs is in the way, the error offers a name that is free.
 * @param rename how a name is given; the flag --name by default
 */
export async function offeringName<T>(
  name: string,
  runs: string,
  work: () => T | Promise<T>,
  rename = (free: string): string => `--name ${free}`,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof RecdistillError) || cause.code !== 'run-differs') throw cause;
    return fail(cause.code, { ...cause.details, hint: differsHint(rename(freeName(name, runs))) }, cause);
  }
}
