/** Writes a trained model as a student bundle, which needs neither the training data nor the model's code. */
import { join } from 'node:path';
import { type BundleNotes, writeBundle } from '../bundle/index.js';
import { type Dataset, union } from '../data/index.js';
import type { Evaluation } from '../eval/index.js';
import { packageVersion } from '../formats/package-version.js';
import { type Model, type ModelSpec, type Tables, tablesOf } from '../models/index.js';
import type { StudentModel } from '../student/index.js';
import { jobFiles } from './finished.js';

export interface Provenance {
  readonly model: string;
  readonly method: string;
  readonly teachers: readonly string[];
  readonly licence: string;
}

/**
 * A copy of the tables whose inner products are the model's scores. Undefined for models without the capability `factors`: tables that a network
 * computes are only valid for its known users, because new users would have to pass through the network.
 */
export function factorsOf({ capabilities }: ModelSpec, model: Model): Tables | undefined {
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

/**
 * Writes `RUN/student`. Items of train and valid are its seen items, so the bundle returns the lists that were evaluated.
 * @param factors tables of the model; nothing is written if it has none
 * @throws RecdistillError `write-failed`
 */
export function writeStudent(
  run: string,
  factors: Tables | undefined,
  dataset: Dataset,
  evaluation: Evaluation,
  from: Provenance,
): void {
  if (factors)
    writeBundle(join(run, jobFiles.student), studentOf(factors, dataset), bundleNotes(dataset, evaluation, from));
}

/** The tables of a model as a student. Items of train and valid are its seen items. */
export function studentOf(factors: Tables, dataset: Dataset): StudentModel {
  const seen = union(dataset.train, dataset.valid);
  return {
    nUsers: dataset.train.nUsers,
    nItems: dataset.train.nItems,
    ...partsOf(factors),
    userIds: dataset.users.ids,
    itemIds: dataset.items.ids,
    ...(dataset.itemLabels ? { labels: dataset.itemLabels } : {}),
    seen: { indptr: seen.indptr, indices: seen.indices },
  };
}

/** The metadata of a bundle. */
export function bundleNotes(dataset: Dataset, evaluation: Evaluation, { licence, ...made }: Provenance): BundleNotes {
  return {
    dataFingerprint: dataset.fingerprint,
    licence,
    madeBy: {
      program: 'recdistill',
      version: packageVersion,
      data: dataset.name,
      ...made,
      teachers: [...made.teachers],
    },
    metrics: Object.fromEntries(Object.entries(evaluation.means).filter(([, value]) => Number.isFinite(value))),
  };
}

/** Separates bias columns from factors. As columns they would distort fold-in and similarities, and lose precision when quantised. */
function partsOf({ userFactors, itemFactors, dim, biases }: Tables) {
  const columns = Array.from({ length: dim }, (_, d) => d).filter(
    (d) => d !== biases?.userColumn && d !== biases?.itemColumn,
  );
  const taken = (table: Tables['userFactors'], wanted: readonly number[]): Float32Array => {
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
