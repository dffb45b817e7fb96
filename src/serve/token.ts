/** The bearer token of a server. It never stands on a command line, where every user of the machine could read it. */

import { fail } from '../errors.js';
import { readBytes } from '../formats/read.js';
import type { ServeOptions } from './options.js';

const SHORTEST = 16;

/**
 * The token from the file that the options name, or else from the environment.
 * @returns undefined if neither is there
 * @throws RecdistillError `file-missing`, `read-failed`, `usage` if it is too short or not printable ASCII
 */
export function tokenOf({ tokenFile }: ServeOptions, environment: NodeJS.ProcessEnv): string | undefined {
  const given = tokenFile === undefined ? environment.RECDISTILL_TOKEN : Buffer.from(readBytes(tokenFile)).toString();
  if (given === undefined) return undefined;
  const token = given.trim();
  if (token.length >= SHORTEST && /^[\x21-\x7e]+$/.test(token)) return token;
  return fail('usage', {
    problem: `the token of ${tokenFile ?? 'RECDISTILL_TOKEN'} is not one: it needs at least ${SHORTEST} printable characters without spaces`,
    hint: `Make one, for example with: node -p "crypto.randomBytes(24).toString('base64url')"`,
  });
}
