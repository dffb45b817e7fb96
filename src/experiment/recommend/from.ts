/** Finds what recommendations for all users are made from, and resolves chosen users and items. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '../../bundle/index.js';
import { type Dataset, type Interactions, knownItems, union } from '../../data/index.js';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { createProgress, runInParts } from '../../progress.js';
import { isFinishedRun, jobFiles, readingFinishedRun } from '../../runs/index.js';
import { bundleFiles, kindOf, type StudentModel } from '../../student/index.js';
import type { Request } from './request.js';

/** What the users of a student without users have. */
export interface Histories {
  readonly userIds: readonly string[];
  /** Items of the student, by user, ascending. */
  readonly history: Pick<Interactions, 'indptr' | 'indices'>;
  /** Items that are left out unless seen items are included. Default: the history. */
  readonly left?: Pick<Interactions, 'indptr' | 'indices'>;
}

/** Ids of the users and items that are asked for. */
export interface Chosen {
  /** Absent: all users. */
  readonly users?: readonly string[] | undefined;
  /** Only these items. Absent: all. */
  readonly candidates?: readonly string[] | undefined;
  /** Never these items. */
  readonly exclude?: readonly string[] | undefined;
}

/** Ids that were given and are not known. */
export interface Unknown {
  readonly users: number;
  readonly candidates: number;
  readonly exclude: number;
}

export interface Found {
  /** Folder of the bundle, or of a run without a bundle. */
  readonly folder: string;
  readonly hash: string;
  readonly request: Request;
  readonly nUsers: number;
  readonly nItems: number;
  readonly unknown: Unknown;
  /** False if it is not known what the users have. */
  readonly knowsSeen: boolean;
  /** For the manifest of the recommendations. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Longest lists that it can give. */
  readonly most: number;
}

export interface FromOptions extends Chosen {
  /** Of a student without users: what its users have. Called only if it is needed. */
  readonly histories: (model: StudentModel) => Promise<Histories>;
  /** The data set of a run without a bundle. Called only if it is needed. */
  readonly dataset: () => Promise<Dataset>;
}

/** Folder of the bundle of a run, or the folder itself if it is a bundle. Undefined without a bundle. */
const bundleIn = (folder: string): string | undefined =>
  [join(folder, jobFiles.student), folder].find((f) => existsSync(join(f, bundleFiles.tensors)));

/** @throws RecdistillError `needs-not-met`, `bad-data` if none of the chosen ids is known, and those of reading */
export async function findSource(folder: string, options: FromOptions): Promise<Found> {
  const bundle = bundleIn(folder);
  if (bundle !== undefined) return ofBundle(bundle, options);
  if (isFinishedRun(folder)) return ofRun(folder, options);
  return fail('needs-not-met', {
    problem: `${folder} is neither a finished run nor a bundle`,
    hint: 'Name a run, the folder of a run, or the folder of a student bundle.',
  });
}

async function ofBundle(folder: string, options: FromOptions): Promise<Found> {
  const { manifest, model } = await readBundle(folder);
  const items = chosenItems(model.itemIds, options);
  const { madeBy, dataFingerprint, licence, sha256 } = manifest;
  const about = { bundle: sha256, dataFingerprint, licence, madeBy };
  const common = { folder, hash: sha256, nItems: model.nItems, most: model.nItems, about };
  if (kindOf(model) === 'users-and-items') {
    const users = chosenUsers(model.userIds, options);
    const request: Request = { by: 'vectors', ...defined({ users: users.rows, items: items.rows }) };
    const nUsers = users.rows?.length ?? model.nUsers;
    return { ...common, request, nUsers, knowsSeen: model.seen !== undefined, unknown: unknownOf(users, items) };
  }
  const { userIds, history, left = history } = await options.histories(model);
  const users = chosenUsers(userIds, options);
  const request: Request = {
    ...{ by: 'histories', userIds, history, left },
    ...defined({ users: users.rows, items: items.rows }),
  };
  const nUsers = users.rows?.length ?? userIds.length;
  return { ...common, request, nUsers, knowsSeen: true, unknown: unknownOf(users, items) };
}

async function ofRun(folder: string, options: FromOptions): Promise<Found> {
  const step = createProgress().task('reading the run');
  const { manifest, result, rankings } = await runInParts(readingFinishedRun(folder), step);
  const dataset = await options.dataset();
  const { users: userMap, items: itemMap, itemLabels, fingerprint } = dataset;
  if (fingerprint !== manifest.dataFingerprint) {
    const [was, is] = [manifest.dataFingerprint, fingerprint].map((hash) => hash.slice(0, 12));
    fail('artifact-differs', { path: folder, what: 'data', difference: `fingerprint was ${was}, now it is ${is}` });
  }
  const users = chosenUsers(userMap.ids, options);
  const items = chosenItems(itemMap.ids, options);
  const { indptr, indices } = allItems(dataset);
  const request: Request = {
    ...{ by: 'rankings', userIds: userMap.ids, itemIds: itemMap.ids, left: { indptr, indices } },
    ...defined({ labels: itemLabels, users: users.rows, items: items.rows }),
  };
  return {
    ...{ folder, hash: manifest.hash, request, knowsSeen: true, unknown: unknownOf(users, items) },
    ...{ nUsers: users.rows?.length ?? userMap.ids.length, nItems: rankings.nItems, most: rankings.depth },
    about: { run: manifest.hash, dataFingerprint: fingerprint, madeBy: { model: result.model, method: result.method } },
  };
}

/** Everything that each user has, in any part. */
function allItems(dataset: Dataset): Interactions {
  const { valid, test, hidden } = dataset;
  const most = union(union(knownItems(dataset), valid), test);
  return hidden ? union(most, hidden.interactions) : most;
}

/** The histories of the users of a data set, as the model was given them. Items of valid, test and hidden are left out of the lists, too. */
export function historiesOf(dataset: Dataset): Histories {
  const known = knownItems(dataset);
  const all = allItems(dataset);
  return {
    userIds: dataset.users.ids,
    history: { indptr: known.indptr, indices: known.indices },
    left: { indptr: all.indptr, indices: all.indices },
  };
}

interface Rows {
  /** Absent: all. */
  readonly rows?: Int32Array;
  readonly unknown: Partial<Unknown>;
}

const unknownOf = (...of: readonly Rows[]): Unknown =>
  Object.assign({ users: 0, candidates: 0, exclude: 0 }, ...of.map(({ unknown }) => unknown)) as Unknown;

/** The rows of the chosen users, in the order of the source. */
function chosenUsers(ids: readonly string[], { users }: Chosen): Rows {
  if (!users) return { unknown: {} };
  const { rows, unknown } = rowsOf(ids, users);
  if (rows.length === 0) noneKnown('users', users);
  return { rows, unknown: { users: unknown } };
}

function chosenItems(ids: readonly string[], { candidates, exclude }: Chosen): Rows {
  if (!candidates && !exclude) return { unknown: {} };
  const only = candidates && rowsOf(ids, candidates);
  if (only?.rows.length === 0) noneKnown('candidates', candidates!);
  const never = rowsOf(ids, exclude ?? []);
  const left = new Set(never.rows);
  const all = only?.rows ?? Int32Array.from({ length: ids.length }, (_, item) => item);
  return {
    rows: all.filter((item) => !left.has(item)),
    unknown: { candidates: only?.unknown ?? 0, exclude: never.unknown },
  };
}

/** Ascending rows of the distinct ids that are known, and the number of the others. */
function rowsOf(ids: readonly string[], wanted: readonly string[]): { rows: Int32Array; unknown: number } {
  const distinct = new Set(wanted);
  const rows: number[] = [];
  for (let row = 0; row < ids.length; row++) if (distinct.has(ids[row]!)) rows.push(row);
  return { rows: Int32Array.from(rows), unknown: distinct.size - rows.length };
}

const noneKnown = (path: string, ids: readonly string[]): never =>
  fail('bad-data', {
    path,
    problem:
      ids.length === 0 ? 'it has no id' : `none of its ${ids.length} ids is known, such as "${ids[0]!.slice(0, 60)}"`,
    hint: 'Give the ids as in the training data, one on each line.',
  });
