/** What a finished job leaves in its run folder, and reading it again. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/index.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { fail } from '../errors.js';
import type { Evaluator } from '../eval/evaluation.js';
import { parseJsonFile, readSafetensors, writeSafetensors } from '../formats/index.js';
import type { Model, Tables } from '../models/index.js';
import { bundleFiles } from '../student/index.js';
import { readLink, resolveRun } from './link.js';
import type { Outcome, RunResult, Teacher } from './outcome.js';
import { readRankings, writeRankings } from './rankings-file.js';
import { type RunFolder, readRunManifest } from './run-folder.js';
import type { RunManifest } from './run-manifest.js';
import { readTrajectory, writeTrajectory } from './trajectory.js';

/** Names of the files of a job in its run folder, beside those that every run has. */
export const jobFiles = {
  model: 'model.safetensors',
  rankings: 'rankings-test.safetensors',
  trajectory: 'trajectory',
  /** The student bundle, of a model whose scores are inner products. */
  student: 'student',
  /** Its presence says that the run is finished. */
  result: 'result.json',
  /** How the data set was loaded. */
  source: 'data.json',
} as const;

export interface FinishedRun {
  readonly folder: string;
  readonly manifest: RunManifest;
  readonly result: RunResult;
  /** Top lists for testing, train and valid items left out. */
  readonly rankings: Rankings;
  /** The data options that the run recorded, if it did. */
  readonly source?: Readonly<Record<string, unknown>>;
}

/** The trials of a search. */
export const SEARCH_LOG = 'trials.jsonl';

/** Whether the folder holds a run of a model, or a link to one. A student bundle and a search have a manifest, too. */
export function isRun(named: string): boolean {
  const folder = linkedFolder(named);
  return (
    existsSync(join(folder, 'manifest.json')) &&
    ![bundleFiles.tensors, SEARCH_LOG].some((name) => existsSync(join(folder, name)))
  );
}

/** The folder of the run, also if that is gone. */
function linkedFolder(folder: string): string {
  const link = readLink(folder);
  return link ? join(folder, link.to) : folder;
}

export const isFinishedRun = (folder: string): boolean => existsSync(join(resolveRun(folder), jobFiles.result));

/**
 * Reads a finished run without its data and without a lock. A link is followed.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `run-format`, `needs-not-met` for a link to a run that is gone
 */
export function readFinishedRun(named: string): FinishedRun {
  const folder = resolveRun(named);
  const source = join(folder, jobFiles.source);
  return {
    folder,
    manifest: readRunManifest(folder),
    result: parseJsonFile(join(folder, jobFiles.result)) as RunResult,
    rankings: readRankings(join(folder, jobFiles.rankings)).rankings,
    ...(existsSync(source) ? { source: parseJsonFile(source) as Record<string, unknown> } : {}),
  };
}

/** The result alone. @throws RecdistillError as `readFinishedRun` */
export const readFinishedResult = (named: string): RunResult =>
  parseJsonFile(join(resolveRun(named), jobFiles.result)) as RunResult;

/** A finished run as a teacher. @throws RecdistillError as `readFinishedRun` */
export function readTeacher(named: string): Teacher {
  const folder = resolveRun(named);
  return teacherOf(folder, readTrajectory(join(folder, jobFiles.trajectory)), readRunManifest(folder).hash);
}

function teacherOf(folder: string, trajectory: Trajectory, hash: string): Teacher {
  const file = join(folder, jobFiles.student, bundleFiles.tensors);
  return { trajectory, hash, ...(existsSync(file) ? { tables: readTables(file) } : {}) };
}

/** The tables of a student bundle as the model had them; unlike the bundle's own reader this does not look at its ids. */
function readTables(file: string): Tables {
  const { tensors } = readSafetensors(file);
  const floats = (name: string): Float32Array | undefined => {
    const data = tensors.get(name)?.data;
    return data instanceof Float32Array ? data : undefined;
  };
  const [userFactors, itemFactors] = [floats('user.factors'), floats('item.factors')];
  if (!userFactors || !itemFactors)
    fail('artifact-damaged', { path: file, problem: 'it has no factors of users and items' });
  const dim = tensors.get('user.factors')!.shape[1]!;
  const [userBiases, itemBiases] = [floats('user.bias'), floats('item.bias')];
  if (!userBiases || !itemBiases) return { userFactors, itemFactors, dim };
  const biases = { itemColumn: dim, userColumn: dim + 1 };
  return {
    userFactors: withColumns(
      userFactors,
      dim,
      () => 1,
      (row) => userBiases[row]!,
    ),
    itemFactors: withColumns(
      itemFactors,
      dim,
      (row) => itemBiases[row]!,
      () => 1,
    ),
    ...{ dim: dim + 2, biases },
  };
}

/** Rows of `dim` numbers with two more behind them. */
function withColumns(
  table: Float32Array,
  dim: number,
  first: (row: number) => number,
  second: (row: number) => number,
): Float32Array {
  const rows = table.length / dim;
  const out = new Float32Array(rows * (dim + 2));
  for (let row = 0; row < rows; row++) {
    out.set(table.subarray(row * dim, (row + 1) * dim), row * (dim + 2));
    out[row * (dim + 2) + dim] = first(row);
    out[row * (dim + 2) + dim + 1] = second(row);
  }
  return out;
}

/** Writes the parameters, where the model has any. @throws RecdistillError `write-failed` */
export function keepModel(run: RunFolder, model: Model): void {
  if (model.parameters.length === 0) return;
  const tensors = Object.fromEntries(model.parameters.map((p) => [p.name, { shape: p.shape, data: p.values }]));
  writeSafetensors(join(run.path, jobFiles.model), tensors, { model: model.name });
}

/** Writes what `readBack` reads; everything else has to be there before. @throws RecdistillError `write-failed` */
export function keep(run: RunFolder, outcome: Pick<Outcome, 'result' | 'rankings' | 'teacher'>): void {
  writeTrajectory(join(run.path, jobFiles.trajectory), outcome.teacher.trajectory);
  writeRankings(join(run.path, jobFiles.rankings), outcome.rankings);
  // result.json says that the run is finished; from then on there is nothing to resume.
  run.writeResult(jobFiles.result, outcome.result);
}

/** A finished run has no use for them. */
export const forgetCheckpoints = (run: RunFolder): void =>
  rmSync(join(run.path, 'checkpoints'), { recursive: true, force: true });

/**
 * A finished run, checked against the data. It does not change any more, so that nobody has to hold it.
 * @throws RecdistillError as `readFinishedRun`, `artifact-differs`
 */
export function readBack<Result extends RunResult>(
  { path }: Pick<RunFolder, 'path'>,
  dataset: Dataset,
  evaluator: Evaluator,
): Outcome<Result> {
  const result = parseJsonFile(join(path, jobFiles.result)) as Result;
  const { rankings } = readRankings(join(path, jobFiles.rankings));
  const expected = { dataFingerprint: dataset.fingerprint, nUsers: dataset.train.nUsers, nItems: dataset.train.nItems };
  const trajectory = readTrajectory(join(path, jobFiles.trajectory), expected);
  const hidden = evaluator.hidden(rankings);
  return {
    result,
    evaluation: evaluator.test(rankings),
    ...(hidden ? { hidden } : {}),
    rankings,
    teacher: teacherOf(path, trajectory, readRunManifest(path).hash),
    reused: true,
  };
}
