/** Writes a trained model as a student bundle, which needs neither the training data nor the model's code. */
import { join } from 'node:path';
import { type BundleNotes, writingBundle } from '../bundle/index.js';
import { type Dataset, itemsOf, packLists, union } from '../data/index.js';
import type { Evaluation } from '../eval/index.js';
import { packageVersion } from '../formats/package-version.js';
import { type HistoryTables, type Model, type ModelSpec, type Tables, tablesOf } from '../models/index.js';
import { within } from '../progress.js';
import type { StudentModel } from '../student/index.js';
import { popularItems } from '../student/popular-list.js';
import { jobFiles } from './finished.js';
import type { Repeated } from './outcome.js';
import { writingSeenParts } from './seen-parts.js';

export interface Provenance {
  readonly model: string;
  readonly method: string;
  readonly teachers: readonly string[];
  readonly licence: string;
  /** Of a final fit: the run that was evaluated, whose metrics these are. */
  readonly repeated?: Repeated;
}

/** What a model can be served from: tables of users and items, or tables of items alone. */
export type Servable = Tables | HistoryTables;

/** Whether a model is served without users. */
const isOfHistories = (tables: Servable): tables is HistoryTables => 'inputFactors' in tables;

/**
 * Copies of the tables to serve: item tables of a model of histories, or the tables whose inner products are the model's scores. Undefined for models without the capability `factors`: tables that a network
 * computes are only valid for its known users, because new users would have to pass through the network.
 */
export function servableOf({ capabilities }: ModelSpec, model: Model): Servable | undefined {
  if (model.historyTables) return model.historyTables();
  const factors = capabilities.includes('factors') ? tablesOf(model) : undefined;
  if (!factors) return undefined;
  const { userFactors, itemFactors, dim, biases } = factors;
  return {
    userFactors: Float32Array.from(userFactors),
    itemFactors: Float32Array.from(itemFactors),
    dim,
    ...(biases && { biases }),
  };
}

export interface MadeStudent {
  readonly model: StudentModel;
  readonly notes: BundleNotes;
}

/** The student of a run, with the metadata of its bundle. */
export const madeStudent = (
  tables: Servable | undefined,
  dataset: Dataset,
  evaluation: Evaluation,
  from: Provenance,
): MadeStudent | undefined =>
  tables && { model: studentOf(tables, dataset), notes: bundleNotes(dataset, evaluation, from) };

/** The tables by what they are, as a teacher has them. */
export const knownTables = (
  tables: Servable | undefined,
): { readonly tables?: Tables; readonly historyTables?: HistoryTables } =>
  !tables ? {} : isOfHistories(tables) ? { historyTables: tables } : { tables };

/**
 * Writes `RUN/student`, in parts. All items of a user are its seen items, also those of valid and test, so its lists have no item that the user has.
 * The lists that were evaluated may have those of test: they are in `rankings-test.safetensors`. Beside the bundle, `seen-parts.safetensors`
 * says which of the seen items the model was trained on. A model of histories has a bundle without users; its popular items are those of
 * train and valid.
 * @param student nothing is written without one
 * @throws RecdistillError `write-failed`
 */
export function* writingStudent(
  run: string,
  student: MadeStudent | undefined,
  dataset: Dataset,
  hash: string,
): Generator<number, void> {
  if (!student) return;
  yield* within(writingBundle(join(run, jobFiles.student), student.model, student.notes), 0, 0.5);
  yield* within(writingSeenParts(run, student.model, dataset, hash), 0.5, 1);
}

/**
 * The tables of a model as a student. All items of a user in the data set are its seen items. Users who are held out whole are left out: they were not
 * trained, so their rows mean nothing. The student answers for their histories as for those of any new user.
 */
export function studentOf(tables: Servable, dataset: Dataset): StudentModel {
  const { train, valid, test, foldIn, hidden } = dataset;
  const before = foldIn ? train : union(train, valid);
  const items = {
    nItems: dataset.train.nItems,
    itemIds: dataset.items.ids,
    ...(dataset.itemLabels ? { labels: dataset.itemLabels } : {}),
  };
  if (isOfHistories(tables)) {
    const { inputFactors, exponent, itemFactors, itemBiases, dim } = tables;
    return {
      ...{ ...items, nUsers: 0, userIds: [], userFactors: new Float32Array(0), dim },
      itemFactors: Float32Array.from(itemFactors),
      ...(itemBiases && { itemBiases: Float32Array.from(itemBiases) }),
      answer: { by: 'history', inputFactors: Float32Array.from(inputFactors), exponent },
      popular: popularItems(before.indices, items.nItems),
    };
  }
  const most = foldIn ? train : union(before, test);
  const seen = hidden ? union(most, hidden.interactions) : most;
  const users = train.trainUsers;
  if (!users)
    return {
      ...items,
      nUsers: train.nUsers,
      ...partsOf(tables),
      userIds: dataset.users.ids,
      seen: { indptr: seen.indptr, indices: seen.indices },
    };
  return {
    ...items,
    nUsers: users.length,
    ...partsOf({ ...tables, userFactors: rowsOf(tables, users) }),
    userIds: Array.from(users, (u) => dataset.users.ids[u]!),
    seen: packLists(Array.from(users, (u) => itemsOf(seen, u))),
  };
}

/** The rows of some users in the table of users. */
function rowsOf({ userFactors, dim }: Tables, users: Int32Array): Float32Array {
  const rows = new Float32Array(users.length * dim);
  users.forEach((user, row) => void rows.set(userFactors.subarray(user * dim, (user + 1) * dim), row * dim));
  return rows;
}

/** The metadata of a bundle. */
export function bundleNotes(
  dataset: Dataset,
  evaluation: Evaluation,
  { licence, repeated, ...made }: Provenance,
): BundleNotes {
  const metrics = Object.fromEntries(Object.entries(evaluation.means).filter(([, value]) => Number.isFinite(value)));
  return {
    dataFingerprint: dataset.fingerprint,
    licence,
    madeBy: {
      program: 'recdistill',
      version: packageVersion,
      data: dataset.name,
      ...made,
      teachers: [...made.teachers],
      // A final fit was not evaluated: its bundle has no metrics of its own.
      ...(repeated && { final: { ...repeated, metrics } }),
    },
    metrics: repeated ? {} : metrics,
  };
}

/** The columns of the tables that are not biases. */
export const factorColumns = ({ dim, biases }: Pick<Tables, 'dim' | 'biases'>): readonly number[] =>
  Array.from({ length: dim }, (_, d) => d).filter((d) => d !== biases?.userColumn && d !== biases?.itemColumn);

/** Separates bias columns from factors. As columns they would distort fold-in and similarities, and lose precision when quantised. */
export function partsOf({ userFactors, itemFactors, dim, biases }: Tables) {
  const columns = factorColumns({ dim, ...(biases && { biases }) });
  const taken = (table: Tables['userFactors'], wanted: readonly number[]): Float32Array => {
    // Tables of millions of users: no copy of what is not in kernel memory.
    if (wanted.length === dim && table instanceof Float32Array && table.buffer instanceof ArrayBuffer) return table;
    const part = new Float32Array((table.length / dim) * wanted.length);
    for (let row = 0, at = 0; at < part.length; row += dim) for (const d of wanted) part[at++] = table[row + d]!;
    return part;
  };
  return {
    dim: columns.length,
    userFactors: taken(userFactors, columns),
    itemFactors: taken(itemFactors, columns),
    ...(biases && {
      userBiases: taken(userFactors, [biases.userColumn]),
      itemBiases: taken(itemFactors, [biases.itemColumn]),
    }),
  };
}
