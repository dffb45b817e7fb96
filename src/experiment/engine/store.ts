/**
 * The store of results: the runs folder. A result is looked for under its own name first, then by its hash under any name, so that what
 * another plan has made is not made again.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fail, RecdistillError } from '../../errors.js';
import { parseJsonFile } from '../../formats/index.js';
import {
  expectSameRun,
  makeManifest,
  newestEpoch,
  type Overwrite,
  type RunManifest,
  readLink,
  readRunManifest,
  runFormat,
} from '../../runs/index.js';
import { isPlainObject } from '../../student/canonical-json.js';
import type { ResultPlan } from './kinds/index.js';

/** What the store has of a result. */
export type ResultState =
  | { readonly state: 'finished'; readonly folder: string; readonly from?: string }
  /** A run that was stopped; `epoch` of its newest checkpoint, if it has one. */
  | { readonly state: 'begun'; readonly epoch?: number }
  | { readonly state: 'new' }
  /** Its folder holds a run of other options, data or inputs, or one that cannot be read. */
  | { readonly state: 'refused'; readonly error: RecdistillError };

export interface Store {
  /** The runs folder. */
  readonly folder: string;
  /**
   * @param folder where the result is or will be
   * @param isFinished whether the run in a folder, which has the hash of the result, is complete
   */
  stateOf(result: ResultPlan, folder: string, isFinished: (folder: string) => boolean): ResultState;
  /** A run was made in this folder since the store was opened. */
  made(folder: string): void;
  /** All manifests of this format that can be read, for estimates. */
  manifests(): readonly StoredRun[];
}

export interface StoredRun {
  readonly folder: string;
  /** Below the runs folder, with `/`. */
  readonly name: string;
  readonly hash: string;
  readonly manifest: Pick<RunManifest, 'kind' | 'options' | 'dataFingerprint'>;
}

export interface StoreOptions {
  readonly overwrite?: Overwrite;
  /** Whether results of other names are used. True if absent. */
  readonly reuse?: boolean;
}

/** Folders below the runs folder in which runs are looked for: `study/seed0/file/teacher`. */
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
    made: (run) => {
      if (all) all = [...all, ...storedRun(folder, run)];
    },
    stateOf(result, own, isFinished) {
      if (overwrite === true) return { state: 'new' };
      const here = stateHere(result, own, isFinished);
      if (here && !(here.state === 'refused' && overwrite)) return here;
      if (here || !reuse) return { state: 'new' };
      const twin = manifests().find(
        (run) => run.hash === result.hash && hashIn(run.folder) === result.hash && isFinished(run.folder),
      );
      return twin ? { state: 'finished', folder: twin.folder, from: twin.name } : { state: 'new' };
    },
  };

  /** Undefined where the folder holds neither a run nor a link that is still good. */
  function stateHere(
    result: ResultPlan,
    own: string,
    isFinished: (folder: string) => boolean,
  ): ResultState | undefined {
    const link = readLink(own);
    if (link) {
      const to = join(own, link.to);
      const good = link.hash === result.hash && hashIn(to) === result.hash && isFinished(to);
      return good ? { state: 'finished', folder: to, from: nameBelow(folder, to) } : undefined;
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
  if (depth === 0 || !existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => runsBelow(root, join(folder, entry.name), depth - 1));
}

/** What cannot be read is no result that could be used. A run that is used has its manifest checked against its seal when it is read. */
function storedRun(root: string, folder: string): StoredRun[] {
  try {
    const json = parseJsonFile(join(folder, MANIFEST));
    if (!isPlainObject(json) || json.format !== runFormat) return [];
    const { hash, kind, options, dataFingerprint } = json;
    if (typeof hash !== 'string' || typeof kind !== 'string' || typeof dataFingerprint !== 'string') return [];
    if (!isPlainObject(options)) return [];
    return [{ folder, name: nameBelow(root, folder), hash, manifest: { kind, options, dataFingerprint } }];
  } catch {
    return [];
  }
}

/** The hash of a run whose manifest is whole. */
function hashIn(folder: string): string | undefined {
  try {
    return readRunManifest(folder).hash;
  } catch {
    return undefined;
  }
}

const nameBelow = (root: string, folder: string): string => relative(root, folder).split(sep).join('/');
