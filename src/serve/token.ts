/** The bearer token of a server. It is never a command-line argument, which every user of the machine could read. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { fail } from '../errors.js';
import { readBytes } from '../formats/read.js';
import type { ServeOptions } from './options.js';

const SHORTEST = 16;

/** Most bytes of a token file. Servers accept request headers of 16 KiB. */
const MAX_BYTES = 16 * 1024;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares a given token in constant time. */
export function createTokenCheck(token: string): (given: string) => boolean {
  const expected = digest(token);
  return (given) => timingSafeEqual(digest(given), expected);
}

/** Whether an Authorization header carries the token. The name of the scheme is in any case (RFC 9110). */
export function isToken(header: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  return given !== undefined && createTokenCheck(token)(given);
}

/**
 * The token from the token file, or else from the environment.
 * @returns undefined if neither is set
 * @throws RecdistillError `file-missing`, `read-failed`, `over-limit`, `usage` if it is too short or not printable ASCII
 */
export function tokenOf({ tokenFile }: ServeOptions, environment: NodeJS.ProcessEnv): string | undefined {
  const given =
    tokenFile === undefined ? environment.RECDISTILL_TOKEN : Buffer.from(readBytes(tokenFile, MAX_BYTES)).toString();
  if (given === undefined) return undefined;
  const token = given.trim();
  if (token.length >= SHORTEST && /^[\x21-\x7e]+$/.test(token)) return token;
  return fail('usage', {
    problem: `the token in ${tokenFile ?? 'RECDISTILL_TOKEN'} is not valid: expected at least ${SHORTEST} printable characters without spaces`,
    hint: `Generate one, for example with: node -p "crypto.randomBytes(24).toString('base64url')"`,
  });
}
