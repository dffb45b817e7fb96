/** The manifest of a bundle: its fields, and the check of each before any of them is used. */
import { isPlainObject } from './canonical-json.js';
import { type HistoryAnswer, modelLimits, type StudentKind, studentKinds } from './student-model.js';

export const bundleFormat = 'recdistill-student';
/**
 * The format version that is written. Versions 1 (without `precision`) and 2 can also be read: they have histories and ids as plain lists,
 * and their `int8` is the `int16` of version 3.
 */
export const bundleVersion = 3;
const versions: readonly unknown[] = [1, 2, bundleVersion];
export const isReadVersion = (version: unknown): version is BundleManifest['formatVersion'] =>
  versions.includes(version);

/** Storage formats of the factors. `int16` is two 8-bit integers per factor, a code and a remainder, and `int8` the code alone (codes.ts). */
export const precisions = ['f32', 'f16', 'int16', 'int8'] as const;
export type Precision = (typeof precisions)[number];

const answers = ['history', 'fold-in'] as const satisfies readonly HistoryAnswer['by'][];

export interface BundleManifest {
  readonly format: typeof bundleFormat;
  readonly formatVersion: 1 | 2 | typeof bundleVersion;
  /** Absent before version 3: users-and-items. */
  readonly kind?: StudentKind;
  /** How a student of the kind items-only answers for a history. Absent for the other kind. */
  readonly answer?: HistoryAnswer['by'];
  /** Absent in version 1, which is always f32. */
  readonly precision?: Precision;
  /** 0 for the kind items-only. */
  readonly users: number;
  readonly items: number;
  readonly dim: number;
  /** Fingerprint of the data set that the student was trained on. */
  readonly dataFingerprint: string;
  /** Terms of use of the student, which follow from the data. */
  readonly licence: string;
  /** Provenance: command, methods, options, versions. */
  readonly madeBy: Readonly<Record<string, unknown>>;
  /** Metrics on the test part, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** `sha256` of the bundle before item names were added to it. The parameters are the same. */
  readonly namedFrom?: string;
  /** Length and SHA-256 (hex) of the other files. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
  /** SHA-256 (hex) of the canonical JSON (RFC 8785) of this manifest without this entry. */
  readonly sha256: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Check = readonly [holds: (value: unknown) => boolean, expected: string];

const count = (most: number, least = 1): Check => [
  (v) => Number.isSafeInteger(v) && (v as number) >= least && (v as number) <= most,
  `a whole number from ${least} to ${most}`,
];
const text: Check = [(v) => typeof v === 'string', 'a text'];
const object: Check = [isPlainObject, 'an object'];
const hash: Check = [(v) => typeof v === 'string' && /^[0-9a-f]{64}$/.test(v), '64 hexadecimal digits'];
const length: Check = [(v) => Number.isSafeInteger(v) && (v as number) >= 0, 'a number of bytes'];
const finite: Check = [Number.isFinite, 'a finite number'];
// Rows are numbered by 32-bit integers.
const rows = count(2 ** 31 - 1);
/** Of a bundle without users. */
const noRows = count(0, 0);
const absent: Check = [(v) => v === undefined, 'no such field'];
const oneOf = (known: readonly unknown[]): Check => [(v) => known.includes(v), `one of ${known.join(', ')}`];

const fields: Readonly<Record<string, Check>> = {
  ...{ items: rows, dim: count(modelLimits.dim), dataFingerprint: text, licence: text },
  ...{ madeBy: object, metrics: object, files: object, sha256: hash },
};

/** The first field that is not as it must be, with what is expected. Undefined for a manifest that is valid. */
export function manifestProblem(json: Fields): string | undefined {
  for (const [name, check] of Object.entries(fields)) {
    const problem = problemAt(name, json[name], check);
    if (problem !== undefined) return problem;
  }
  const { formatVersion, kind, answer, users, precision, namedFrom, metrics, files } = json;
  const itemsOnly = kind === 'items-only';
  const kindProblem =
    (kind === undefined
      ? undefined
      : problemAt('kind', kind, formatVersion === bundleVersion ? oneOf(studentKinds) : oneOf(['users-and-items']))) ??
    problemAt('answer', answer, itemsOnly ? oneOf(answers) : absent) ??
    problemAt('users', users, itemsOnly ? noRows : rows);
  if (kindProblem !== undefined) return kindProblem;
  if (formatVersion === 1 ? precision !== undefined : !precisions.includes(precision as Precision))
    return `its precision is none of ${precisions.join(', ')}`;
  if (namedFrom !== undefined && !hash[0](namedFrom)) return problemAt('namedFrom', namedFrom, hash);
  for (const [name, value] of Object.entries(metrics as Fields)) {
    const problem = problemAt(`metrics.${name}`, value, finite);
    if (problem !== undefined) return problem;
  }
  for (const [name, entry] of Object.entries(files as Fields)) {
    const { bytes, sha256 } = isPlainObject(entry) ? entry : {};
    const problem = problemAt(`files.${name}.bytes`, bytes, length) ?? problemAt(`files.${name}.sha256`, sha256, hash);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemAt(name: string, value: unknown, [holds, expected]: Check): string | undefined {
  if (holds(value)) return undefined;
  const given = value === undefined ? 'missing' : JSON.stringify(value);
  return `its "${short(name)}" is ${short(given)}; expected ${expected}`;
}

const short = (value: string): string => (value.length > 80 ? `${value.slice(0, 80)}...` : value);
