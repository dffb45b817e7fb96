/** The manifest of a run: what identifies it (its hash), and where and when it was made. */
import { arch, availableParallelism, cpus, hostname, platform, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fail } from '../errors.js';
import { packageVersion } from '../formats/package-version.js';
import { hashOf, parseJsonFile, readSealedJson, writeSealedJson } from '../formats/sealed-json.js';
import { type Arithmetic, wordOf } from '../kernels/index.js';
import { canonicalJson, isPlainObject } from '../student/canonical-json.js';
import { changedRevisions } from './revisions.js';

/** Incremented when the layout of a run folder changes. */
export const runFormat = 1;

/** The kind of a final fit: trained on all interactions, not evaluated. Also the name of its folder, in that of the evaluated run. */
export const FINAL = 'final';

/** What identifies a run. Equal specs give equal artifacts. */
export interface RunSpec {
  /** Kind of job, such as `train` or `distill`. */
  readonly kind: string;
  /** All options with defaults; JSON values only. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Fingerprint of the data set. */
  readonly dataFingerprint: string;
  /** Hashes of other artifacts that the run depends on, by name, such as the trajectories of teachers. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Revisions above 1 of the units that take part, by kind and name, such as `model bpr-mf`. */
  readonly revisions?: Readonly<Record<string, number>>;
  /** The arithmetic of the kernels, if it is not `plain`. */
  readonly arithmetic?: Exclude<Arithmetic, 'plain'>;
}

/** Where the run is computed. Not part of the hash, as it does not change the result. */
export interface RunSetting {
  readonly threads?: number;
  /** Absolute paths of the files from which units were loaded. */
  readonly uses?: readonly string[];
  /** SHA-256 (hex) of these files, by path. */
  readonly useHashes?: Readonly<Record<string, string>>;
  readonly simd?: boolean;
}

export interface RunManifest extends RunSpec {
  readonly inputs: Readonly<Record<string, string>>;
  readonly format: number;
  /** SHA-256 (hex) over format, kind, options, data fingerprint, inputs, revisions and arithmetic: the run's name for other artifacts. */
  readonly hash: string;
  /** `options.seed`, if there is one. */
  readonly seed: number | null;
  /** Every JSON file and every line of a log of the run has a checksum. Absent in runs of earlier versions. */
  readonly sealed?: true;
  readonly created: string;
  readonly host: RunHost;
}

export interface RunHost extends RunSetting {
  readonly version: string;
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly name: string;
}

const hint = 'Restore the file, choose another --name, or add --overwrite to restart this run.';

/** The hash of a run with this spec. @throws TypeError if an option is not JSON */
export function runHash(spec: RunSpec): string {
  const { kind, options, dataFingerprint, inputs = {} } = spec;
  return hashOf({ format: runFormat, kind, options, dataFingerprint, inputs, ...raised(spec) });
}

/** Nothing for a run of first revisions in plain arithmetic, so that it keeps the hash that it had before there were others. */
const raised = ({ revisions = {}, arithmetic }: RunSpec): Pick<RunSpec, 'revisions' | 'arithmetic'> => ({
  ...(Object.keys(revisions).length > 0 ? { revisions } : {}),
  ...(arithmetic === undefined ? {} : { arithmetic }),
});

/** The arithmetic of a run as its manifest records it. */
export const recordedArithmetic = (arithmetic: Arithmetic): Pick<RunSpec, 'arithmetic'> =>
  arithmetic === 'plain' ? {} : { arithmetic };

/** A new manifest. @throws TypeError if an option is not JSON */
export function makeManifest(spec: RunSpec, setting: RunSetting = {}): RunManifest {
  const { kind, dataFingerprint, inputs = {} } = spec;
  const options = JSON.parse(canonicalJson(spec.options)) as Record<string, unknown>;
  return {
    format: runFormat,
    kind,
    hash: runHash(spec),
    options,
    dataFingerprint,
    inputs,
    ...raised(spec),
    seed: typeof options.seed === 'number' ? options.seed : null,
    sealed: true,
    created: new Date().toISOString(),
    host: describeHost(setting),
  };
}

/** The environment of this process. */
export function describeHost(setting: RunSetting = {}): RunHost {
  return {
    version: packageVersion,
    node: process.version,
    system: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    name: hostname(),
    ...setting,
  };
}

/** @throws RecdistillError `write-failed` */
export const writeManifest = (path: string, manifest: RunManifest): void => writeSealedJson(path, manifest);

/**
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `run-format` if a version of another layout wrote it
 */
export function readManifest(path: string): RunManifest {
  const json = parseJsonFile(path, hint);
  // Another format may have no checksum. If there is one, it distinguishes another format from a damaged field.
  if (isPlainObject(json) && typeof json.format === 'number' && !('sha256' in json)) checkFormat(path, json);
  const manifest = readSealedJson(path, hint);
  checkFormat(path, manifest);
  return manifest as unknown as RunManifest;
}

function checkFormat(path: string, { format, host }: Readonly<Record<string, unknown>>): void {
  if (format === runFormat) return;
  const by = isPlainObject(host) && typeof host.version === 'string' ? `recdistill ${host.version}` : 'another version';
  fail('run-format', { path: dirname(path), given: format, by, known: runFormat, version: packageVersion });
}

/** @throws RecdistillError `run-differs` naming the first field that differs, with both values */
export function expectSameRun(path: string, before: RunManifest, now: RunManifest): void {
  if (before.hash === now.hash) return;
  const fields = ['kind', 'dataFingerprint', 'options', 'inputs'] as const;
  const words = { dataFingerprint: 'data', inputs: 'inputs', kind: 'kind', options: 'options' };
  // A run of another model has other options, too, but they are not what the user has to know.
  for (const unit of ['model', 'method'] as const) {
    const [old, own] = [before.options[unit], now.options[unit]];
    if (old === own) continue;
    const difference = `${unit} was ${show(old)}, now it is ${show(own)}`;
    fail('run-differs', { path, what: 'options', difference, field: `options.${unit}`, before: old, now: own });
  }
  const [was = 'plain', is = 'plain'] = [before.arithmetic, now.arithmetic];
  for (const field of fields) {
    const found = firstDifference(before[field], now[field], field);
    if (!found) continue;
    const [old, own] = [found.before, found.now].map(field === 'inputs' ? showHash : show);
    const called = field === 'inputs' ? `"${found.field.slice('inputs.'.length)}"` : found.field;
    fail('run-differs', { path, what: words[field], difference: `${called} was ${old}, now it is ${own}`, ...found });
  }
  const difference = changedRevisions(before.revisions, now.revisions);
  if (difference !== '')
    fail('run-differs', {
      ...{ path, what: 'code', difference, field: 'revisions', before: before.revisions ?? {} },
      ...{ now: now.revisions ?? {}, hint: REVISION_HINT },
    });
  if (was !== is) {
    const difference = `arithmetic was ${was}, now it is ${is}`;
    const hint = `Add --arithmetic ${wordOf(was)} to go on with it, choose another --name, or add --overwrite to restart this run.`;
    fail('run-differs', { path, what: 'arithmetic', difference, field: 'arithmetic', before: was, now: is, hint });
  }
  fail('artifact-damaged', { path, problem: 'its hash does not match its fields', hint });
}

const REVISION_HINT =
  'The results of the two differ. Choose another --name to keep the old run, or add --overwrite to make it again.';

/** The first field, by name, in which two JSON values differ. */
export function firstDifference(
  before: unknown,
  now: unknown,
  field: string,
): { field: string; before: unknown; now: unknown } | undefined {
  if (isPlainObject(before) && isPlainObject(now)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(now)])].sort()) {
      const found = firstDifference(before[key], now[key], `${field}.${key}`);
      if (found) return found;
    }
    return undefined;
  }
  const same =
    before === undefined || now === undefined ? before === now : canonicalJson(before) === canonicalJson(now);
  return same ? undefined : { field, before, now };
}

/** Enough of the hash of a run or of rankings to tell it apart. */
const showHash = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 12) : show(value));

function show(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
