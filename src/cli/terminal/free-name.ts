/** Hints for a name that a run of different options or data has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail, RecdistillError } from '../../errors.js';

/** The first of `name`, `name-2`, `name-3`, ... that does not exist in the folder `runs`. */
export function freeName(name: string, runs: string): string {
  const taken = (candidate: string) => existsSync(join(runs, candidate));
  if (!taken(name)) return name;
  let at = 2;
  while (taken(`${name}-${at}`)) at++;
  return `${name}-${at}`;
}

/** The hint of `run-differs`. @param rename how to use a free name, such as `--name ease-2` */
export const differsHint = (rename: string): string =>
  `Keep both with ${rename}, or replace the existing run with --overwrite. Its content is then lost.`;

/**
 * Runs `work`, which makes runs called `name`. If a different run has that name, the error offers a free one.
 * @param rename how a name is given; default: the flag --name
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
    const { before } = cause.details.what === 'arithmetic' ? cause.details : {};
    const first = before === undefined ? '' : `Add --arithmetic ${String(before).split(' ')[0]} to go on with it. `;
    const hint = `${first}${differsHint(rename(freeName(name, runs)))}`;
    return fail(cause.code, { ...cause.details, hint }, cause);
  }
}
