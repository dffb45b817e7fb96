/** JSON files that contain their own SHA-256, so that accidental changes are detected. */
import { createHash } from 'node:crypto';
import { fail } from '../errors.js';
import { DOCUMENT, type JsonLimits, JsonProblem, parseJson } from '../student/bounded-json.js';
import { canonicalJson, isPlainObject } from '../student/canonical-json.js';
import { writeAtomic } from './atomic.js';
import { readBytes } from './read.js';

/** SHA-256 (hex) of a JSON value in canonical form. It does not depend on the order of keys. */
export const hashOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

/** The text of a JSON file with the hash of `value` under `sha256`. Numbers that JSON cannot write become null, as usual in JSON. */
export const sealedText = (value: object): string =>
  `${JSON.stringify(seal(JSON.parse(JSON.stringify(value)) as object), null, 2)}\n`;

/** Adds the hash of `value` under `sha256`. Keys keep the given order, also of what is read back: tables follow it. @throws TypeError if it is not JSON */
const seal = (value: object): Record<string, unknown> => ({ ...value, sha256: hashOf(value) });

/** Writes `seal(value)`. @throws RecdistillError `write-failed` */
export function writeSealedJson(path: string, value: object): void {
  writeAtomic(path, `${JSON.stringify(seal(value), null, 2)}\n`);
}

/**
 * Reads a file of `writeSealedJson` and verifies its hash.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export function readSealedJson(path: string, hint?: string): Record<string, unknown> {
  return checked(path, parseJsonFile(path, hint), hint).value;
}

/** The content of a JSON file, and whether it has a checksum. */
export interface CheckedJson {
  readonly value: Record<string, unknown>;
  readonly sealed: boolean;
}

/**
 * Reads a JSON file and verifies its hash if it has one. Earlier versions wrote none.
 * @param options.sealed whether it must have one
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export function readCheckedJson(
  path: string,
  { sealed = false, hint }: { readonly sealed?: boolean | undefined; readonly hint?: string } = {},
): CheckedJson {
  const json = parseJsonFile(path, hint);
  if (!sealed && isPlainObject(json) && !('sha256' in json)) return { value: json, sealed: false };
  return checked(path, json, hint);
}

function checked(path: string, json: unknown, hint: string | undefined): CheckedJson {
  if (!isPlainObject(json)) fail('artifact-damaged', { path, problem: 'it is not a JSON object', hint });
  const { sha256, ...value } = json;
  if (sha256 === undefined) fail('artifact-damaged', { path, problem: 'its SHA-256 is missing', hint });
  let given: string;
  try {
    given = hashOf(value);
  } catch (cause) {
    fail('artifact-damaged', { path, problem: (cause as Error).message, hint }, cause);
  }
  if (given !== sha256) fail('artifact-damaged', { path, problem: 'its content does not match its SHA-256', hint });
  return { value, sealed: true };
}

/**
 * Reads a JSON file within limits.
 * @param limits default: those of a document
 * @throws RecdistillError `file-missing`, `read-failed`, `over-limit`, `artifact-damaged`
 */
export const parseJsonFile = (path: string, hint?: string, limits: JsonLimits = DOCUMENT): unknown =>
  parseJsonOf(path, readBytes(path, limits.bytes), hint, limits);

/** Reads a JSON file that holds an object. @throws those of `parseJsonFile` */
export function readJsonObject(path: string, hint?: string, limits = DOCUMENT): Record<string, unknown> {
  const json = parseJsonFile(path, hint, limits);
  return isPlainObject(json) ? json : fail('artifact-damaged', { path, problem: 'it is not a JSON object', hint });
}

/** Parses JSON from the file `path`. @throws RecdistillError `over-limit`, `artifact-damaged` */
export function parseJsonOf(path: string, source: Uint8Array | string, hint?: string, limits = DOCUMENT): unknown {
  try {
    return parseJson(source, limits);
  } catch (cause) {
    if (!(cause instanceof JsonProblem)) throw cause;
    return fail(cause.tooLarge ? 'over-limit' : 'artifact-damaged', { path, problem: cause.message, hint }, cause);
  }
}
