/** JSON files that contain their own SHA-256, so that accidental changes are detected. */
import { createHash } from 'node:crypto';
import { fail } from '../errors.js';
import { canonicalJson, isPlainObject } from '../student/canonical-json.js';
import { writeAtomic } from './atomic.js';
import { readBytes } from './read.js';

/** SHA-256 (hex) of a JSON value in canonical form. It does not depend on the order of keys. */
export const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** Adds the hash of `value` under `sha256`. Values are those after a round trip through JSON. */
function seal(value: object): Record<string, unknown> {
  const plain = JSON.parse(canonicalJson(value)) as Record<string, unknown>;
  // Keys keep the given order, which is more readable than the canonical one.
  const ordered = Object.fromEntries(Object.keys(value).flatMap((key) => (key in plain ? [[key, plain[key]]] : [])));
  return { ...ordered, sha256: hashOf(plain) };
}

/** Writes `seal(value)`. @throws RecdistillError `write-failed` */
export function writeSealedJson(path: string, value: object): void {
  writeAtomic(path, `${JSON.stringify(seal(value), null, 2)}\n`);
}

/**
 * Reads a file of `writeSealedJson` and verifies its hash.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export function readSealedJson(path: string, hint?: string): Record<string, unknown> {
  const json = parseJsonFile(path, hint);
  if (!isPlainObject(json)) fail('artifact-damaged', { path, problem: 'it is not a JSON object', hint });
  const { sha256, ...value } = json;
  let given: string;
  try {
    given = hashOf(value);
  } catch (cause) {
    fail('artifact-damaged', { path, problem: (cause as Error).message, hint }, cause);
  }
  if (given !== sha256) fail('artifact-damaged', { path, problem: 'its content does not match its SHA-256', hint });
  return value;
}

/** Reads a JSON file. @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged` */
export function parseJsonFile(path: string, hint?: string): unknown {
  const bytes = readBytes(path);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    return fail('artifact-damaged', { path, problem: 'it is not JSON', hint }, cause);
  }
}
