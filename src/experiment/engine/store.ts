/**
 * The store of results: the runs folder. A result is looked up under its own name first, then by its hash under any name. So a run of
 * another plan is used again.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fail, RecdistillError } from '../../errors.js';
import { PART_MANIFEST, parseJsonFile } from '../../formats/index.js';
import {
  changedRevisions,
  expectSameRun,
  makeManifest,
  newestEpoch,
  type Overwrite,
  type RunManifest,
  readLink,
  readRunManifest,
  runFormat,
} from '../../runs/index.js';
import { canonicalJson, isPlainObject } from '../../student/canonical-json.js';
import type { ResultPlan } from './kinds/index.js';

/** The state of a result in the store. */
export type ResultState =
  | { readonly state: 'finished'; readonly folder: string; readonly from?: string }
  /** A run that was stopped; `epoch` is that of its newest checkpoint, if it has one. */
  | { readonly state: 'begun'; readonly epoch?: number }
  /** `because`: why a finished run with the same options, data and inputs is not used, if there is one. */
  | { readonly state: 'new'; readonly because?: string }
  /** Its folder holds a run with other options, data or inputs, or one that cannot be read. */
  | { readonly state: 'refused'; readonly error: RecdistillError };

export interface Store {
  /** The runs folder. */
  readonly folder: string;
  /**
   * @param folder of the result
   * @param isFinished whether the run in a folder with the hash of the result is complete
   */
  stateOf(result: ResultPlan, folder: string, isFinished: (folder: string) => boolean): ResultState;
  /** Looks for runs again when they are needed next: another process has made some. */
  refresh(): void;
  /** Adds a run that was made since the store was opened. */
  made(folder: string): void;
  /** All readable manifests of this format. */
  manifests(): readonly StoredRun[];
}

export interface StoredRun {
  readonly folder: string;
  /** Relative to the runs folder, with `/`. */
  readonly name: string;
  readonly hash: string;
  readonly manifest: Pick<RunManifest, 'kind' | 'options' | 'dataFingerprint' | 'inputs' | 'revisions'>;
}

/**
 * Finds runs by their hashes, among the given folders and below the runs folder.
 * @param folders of runs that may be elsewhere
 */
export function folderByHash(runs: string, folders: readonly string[] = []): (hash: string) => string | undefined {
  const store = openStore(runs);
  return (hash) => folders.find((f) => hashIn(f) === hash) ?? store.manifests().find((r) => r.hash === hash)?.folder;
}

export interface StoreOptions {
  readonly overwrite?: Overwrite;
  /** Whether results under other names are used. Default: true. */
  readonly reuse?: boolean;
}

/** Depth below the runs folder to which runs are looked for, such as `study/seed0/file/teacher`. */
const DEPTH = 6;

export function openStore(folder: string, { overwrite = false, reuse = true }: StoreOptions = {}): Store {
  let all: readonly StoredRun[] | undefined;
  const manifests = () => {
    all ??= runsBelow(folder, folder, DEPTH);
    return all;
  };
  return {
    folder,
    manifests,
    refresh: () => {
      all = undefined;
    },
    made: (run) => {
      if (all) all = [...all, ...storedRun(folder, run)];
    },
    stateOf(result, own, isFinished) {
      if (overwrite === true) return { state: 'new' };
      const here = stateHere(result, own, isFinished);
      if (here && !(here.state === 'refused' && overwrite)) return here;
      if (here?.state === 'refused') return { state: 'new', because: here.error.message };
      if (!reuse) return { state: 'new' };
      const same = manifests().find(
        (run) => run.hash === result.hash && hashIn(run.folder) === result.hash && isFinished(run.folder),
      );
      if (same) return { state: 'finished', folder: same.folder, from: same.name };
      const because = outdated(result, isFinished);
      return { state: 'new', ...(because === undefined ? {} : { because }) };
    },
  };

  /** A finished run of other revisions of the code that is the same otherwise, and in what they differ. */
  function outdated({ spec }: ResultPlan, isFinished: (folder: string) => boolean): string | undefined {
    const wanted = identityOf({ ...spec, inputs: spec.inputs ?? {} });
    for (const { folder, name, manifest } of manifests()) {
      const difference = changedRevisions(manifest.revisions, spec.revisions);
      if (difference !== '' && identityOf(manifest) === wanted && isFinished(folder))
        return `the finished run ${name} was made with different code: ${difference}`;
    }
    return undefined;
  }

  /** Undefined if the folder has neither a run nor a valid link. */
  function stateHere(
    result: ResultPlan,
    own: string,
    isFinished: (folder: string) => boolean,
  ): ResultState | undefined {
    const link = readLink(own);
    if (link) {
      const to = join(own, link.to);
      const valid = link.hash === result.hash && hashIn(to) === result.hash && isFinished(to);
      return valid ? { state: 'finished', folder: to, from: nameBelow(folder, to) } : undefined;
    }
    if (!existsSync(join(own, MANIFEST))) return undefined;
    try {
      const manifest = readRunManifest(own);
      expectSameRun(own, manifest, makeManifest(result.spec));
    } catch (error) {
      if (error instanceof RecdistillError) return { state: 'refused', error };
      throw error;
    }
    if (isFinished(own)) return { state: 'finished', folder: own };
    const epoch = newestEpoch(own);
    return { state: 'begun', ...(epoch === undefined ? {} : { epoch }) };
  }
}

/** Everything that identifies a run, except revisions. */
const identityOf = ({ kind, options, dataFingerprint, inputs }: StoredRun['manifest']): string =>
  canonicalJson({ kind, options, dataFingerprint, inputs });

/** A folder of runs cannot be a run itself. @throws RecdistillError `usage` */
export function refuseRunAsFolder(folder: string): void {
  if (!existsSync(join(folder, MANIFEST))) return;
  fail('usage', {
    problem: `${folder} is a run itself, and the runs of the plan would be within it`,
    hint: 'Choose another name, or delete that run first.',
  });
}

const MANIFEST = 'manifest.json';

function runsBelow(root: string, folder: string, depth: number): StoredRun[] {
  if (existsSync(join(folder, MANIFEST))) return storedRun(root, folder);
  if (depth === 0 || !existsSync(folder) || existsSync(join(folder, PART_MANIFEST))) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => runsBelow(root, join(folder, entry.name), depth - 1));
}

/** Empty if the manifest cannot be read. When a run is used, its manifest is also checked against its seal. */
function storedRun(root: string, folder: string): StoredRun[] {
  try {
    const json = parseJsonFile(join(folder, MANIFEST));
    if (!isPlainObject(json) || json.format !== runFormat) return [];
    const { hash, kind, options, dataFingerprint, inputs = {}, revisions = {} } = json;
    if (typeof hash !== 'string' || typeof kind !== 'string' || typeof dataFingerprint !== 'string') return [];
    if (!isPlainObject(options) || !isTable(inputs, 'string') || !isTable(revisions, 'number')) return [];
    const manifest = { kind, options, dataFingerprint, inputs, revisions };
    return [{ folder, name: nameBelow(root, folder), hash, manifest }];
  } catch {
    return [];
  }
}

function isTable(value: unknown, type: 'string'): value is Record<string, string>;
function isTable(value: unknown, type: 'number'): value is Record<string, number>;
function isTable(value: unknown, type: string): boolean {
  return isPlainObject(value) && Object.values(value).every((entry) => typeof entry === type);
}

/** The hash of a run; undefined if its manifest is damaged. */
function hashIn(folder: string): string | undefined {
  try {
    return readRunManifest(folder).hash;
  } catch {
    return undefined;
  }
}

const nameBelow = (root: string, folder: string): string => relative(root, folder).split(sep).join('/');
