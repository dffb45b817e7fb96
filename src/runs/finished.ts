/** Writes and reads the results of a finished job in its run folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundleBytes as bundleBytesIn } from '../bundle/index.js';
import type { Dataset } from '../data/index.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import type { Evaluator } from '../eval/evaluation.js';
import type { Evaluation } from '../eval/index.js';
import { acquireLock, discard, readCheckedJson } from '../formats/index.js';
import { readingSafetensors, writingSafetensors } from '../formats/safetensors.js';
import type { HistoryTables, Model, Tables } from '../models/index.js';
import { runSync, within } from '../progress.js';
import { tensorNames } from '../student/bundle-tensors.js';
import { isPlainObject } from '../student/canonical-json.js';
import { bundleFiles } from '../student/index.js';
import { readLink, resolveRun } from './link.js';
import type { Outcome, RunResult, Teacher } from './outcome.js';
import { readingRankings, writingRankings } from './rankings-file.js';
import { type RunFolder, readRunManifest } from './run-folder.js';
import { FINAL, firstDifference, type RunManifest } from './run-manifest.js';
import { readingTrajectory, writingTrajectory } from './trajectory.js';

/** Files of a job in its run folder, in addition to those of every run. */
export const jobFiles = {
  model: 'model.safetensors',
  rankings: 'rankings-test.safetensors',
  trajectory: 'trajectory',
  /** The student bundle, of a model whose scores are inner products. */
  student: 'student',
  /** Which of the bundle's seen items the model was trained on. */
  seenParts: 'seen-parts.safetensors',
  /** Its presence means that the run is finished. */
  result: 'result.json',
  /** How the data set was loaded. */
  source: 'data.json',
  /** The weights of the teachers, if they were chosen. */
  ensemble: 'ensemble.json',
} as const;

/** The file of the lists of all users: those that were evaluated, or of a final fit those without any item of the user. */
export const rankingsFile = ({ kind }: Pick<RunManifest, 'kind'>): string =>
  kind === FINAL ? 'rankings.safetensors' : jobFiles.rankings;

export interface FinishedRun {
  readonly folder: string;
  readonly manifest: RunManifest;
  readonly result: RunResult;
  /** Test rankings: train and valid items excluded. */
  readonly rankings: Rankings;
  /** The data options of the run, if it recorded them. */
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

/** The folder that a link points to, even if it no longer exists. */
function linkedFolder(folder: string): string {
  const link = readLink(folder);
  return link ? join(folder, link.to) : folder;
}

export const isFinishedRun = (folder: string): boolean => existsSync(join(resolveRun(folder), jobFiles.result));

/**
 * Reads a finished run without its data and without a lock. A link is followed.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, `run-format`, `needs-not-met` for a link to a missing run
 */
export const readFinishedRun = (named: string): FinishedRun => runSync(readingFinishedRun(named));

/** The same in parts. */
export function* readingFinishedRun(named: string): Generator<number, FinishedRun> {
  const folder = resolveRun(named);
  const source = join(folder, jobFiles.source);
  const manifest = readRunManifest(folder);
  return {
    folder,
    manifest,
    result: readResult(folder, manifest),
    rankings: yield* readingTestRankings(folder, manifest),
    ...(existsSync(source) ? { source: readCheckedJson(source, { sealed: manifest.sealed }).value } : {}),
  };
}

/** The result alone. @throws RecdistillError as `readFinishedRun` */
export function readFinishedResult(named: string): RunResult {
  const folder = resolveRun(named);
  return readResult(folder, readRunManifest(folder));
}

const DAMAGE_HINT =
  'Restore the files of this run, or delete its result.json: the same command then continues from the last checkpoint.';

/** @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`, also if it is the result of another run */
function readResult<Result extends RunResult = RunResult>(folder: string, { options, sealed }: RunManifest): Result {
  const path = join(folder, jobFiles.result);
  const result: unknown = readCheckedJson(path, { sealed, hint: DAMAGE_HINT }).value;
  const damaged = (problem: string): never => fail('artifact-damaged', { path, problem, hint: DAMAGE_HINT });
  if (!isResult<Result>(result)) return damaged('it is not the result of a run');
  const other = Object.keys(result.options).find(
    (name) => name in options && firstDifference(options[name], result.options[name], name),
  );
  const bundleBytes = bundleBytesIn(join(folder, jobFiles.student));
  return other === undefined
    ? { ...result, ...(bundleBytes !== undefined && { bundleBytes }) }
    : damaged(`it belongs to another run: its option "${other}" differs from the manifest`);
}

function isResult<Result extends RunResult>(value: unknown): value is Result {
  if (!isPlainObject(value)) return false;
  const { model, method, options, metrics, bestEpoch, epochs } = value;
  const texts = [model, method].every((text) => typeof text === 'string');
  return texts && [bestEpoch, epochs].every(Number.isSafeInteger) && isPlainObject(options) && isPlainObject(metrics);
}

const readTestRankings = (folder: string, manifest: RunManifest): Rankings =>
  runSync(readingTestRankings(folder, manifest));

function* readingTestRankings(folder: string, manifest: RunManifest): Generator<number, Rankings> {
  const path = join(folder, rankingsFile(manifest));
  const { rankings, meta } = yield* readingRankings(path);
  expectOwn(path, meta, manifest);
  return rankings;
}

/** Files of a run have its hash in their metadata. @throws RecdistillError `artifact-damaged` for a file of another run */
export function expectOwn(path: string, meta: ReadonlyMap<string, string>, { hash }: Pick<RunManifest, 'hash'>): void {
  const run = meta.get('run');
  if (run === undefined || run === hash) return;
  const problem = `it belongs to another run (${run.slice(0, 12)}..., not ${hash.slice(0, 12)}...)`;
  fail('artifact-damaged', { path, problem, hint: DAMAGE_HINT });
}

/** A finished run as teacher. @throws RecdistillError as `readFinishedRun` */
export const readTeacher = (named: string): Teacher => runSync(readingTeacher(named));

/** The same in parts. */
export function* readingTeacher(named: string): Generator<number, Teacher> {
  const folder = resolveRun(named);
  const manifest = readRunManifest(folder);
  const { hash } = manifest;
  const trajectory = yield* within(readingTrajectory(join(folder, jobFiles.trajectory), { run: hash }), 0, 0.8);
  return yield* within(makingTeacher(folder, trajectory, manifest, readResult(folder, manifest)), 0.8, 1);
}

function* makingTeacher(
  folder: string,
  trajectory: Trajectory,
  manifest: RunManifest,
  { parameters }: Pick<RunResult, 'parameters'>,
): Generator<number, Teacher> {
  const file = join(folder, jobFiles.student, bundleFiles.tensors);
  return {
    ...{ trajectory, hash: manifest.hash, tested: () => readTestRankings(folder, manifest) },
    ...defined({ parameters }),
    ...(existsSync(file) ? yield* readingTables(file) : {}),
  };
}

/** The tables of a student bundle as the model had them. Does not read the bundle's ids. */
function* readingTables(
  file: string,
): Generator<number, { readonly tables: Tables } | { readonly historyTables: HistoryTables }> {
  const { tensors } = yield* readingSafetensors(file);
  const floats = (name: string): Float32Array | undefined => {
    const data = tensors.get(name)?.data;
    return data instanceof Float32Array ? data : undefined;
  };
  const [userFactors, itemFactors] = [floats('user.factors'), floats('item.factors')];
  const exponent = tensors.get(tensorNames.exponent)?.data[0];
  if (exponent !== undefined && itemFactors) {
    const [inputFactors = itemFactors, itemBiases] = [floats('input.factors'), floats('item.bias')];
    const dim = tensors.get('item.factors')!.shape[1]!;
    return { historyTables: { inputFactors, itemFactors, ...(itemBiases && { itemBiases }), dim, exponent } };
  }
  if (!userFactors || !itemFactors)
    fail('artifact-damaged', { path: file, problem: 'it has no user and item factors' });
  const dim = tensors.get('user.factors')!.shape[1]!;
  const [userBiases, itemBiases] = [floats('user.bias'), floats('item.bias')];
  if (!userBiases || !itemBiases) return { tables: { userFactors, itemFactors, dim } };
  const biases = { itemColumn: dim, userColumn: dim + 1 };
  const tables = {
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
  return { tables };
}

/** Rows of `dim` values with two more columns appended. */
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

/** Writes the parameters, if the model has any. @throws RecdistillError `write-failed` */
export function* keepingModel(run: RunFolder, model: Model): Generator<number, void> {
  if (model.parameters.length === 0) return;
  const tensors = Object.fromEntries(model.parameters.map((p) => [p.name, { shape: p.shape, data: p.values }]));
  yield* writingSafetensors(join(run.path, jobFiles.model), tensors, { model: model.name, run: run.manifest.hash });
}

/** Writes what `readBack` reads, in parts. Everything else must be written before. @throws RecdistillError `write-failed` */
export function* keeping(
  run: RunFolder,
  outcome: Pick<Outcome, 'result' | 'rankings'> & Pick<Teacher, 'trajectory'>,
): Generator<number, void> {
  const { hash } = run.manifest;
  const lists = outcome.trajectory.checkpoints.length;
  const share = lists / (lists + 1);
  yield* within(writingTrajectory(join(run.path, jobFiles.trajectory), outcome.trajectory, hash), 0, share);
  const path = join(run.path, rankingsFile(run.manifest));
  yield* within(writingRankings(path, outcome.rankings, { run: hash }), share, 1);
  // result.json marks the run as finished. After it there is nothing to resume.
  run.writeResult(jobFiles.result, outcome.result);
}

/** Folders that only a run has that is not finished. */
const whileTraining = ['checkpoints', 'snapshots'] as const;

/** Removes the checkpoints and snapshots, which a finished run does not need. The caller holds its lock. */
export function forgetTraining({ path }: Pick<RunFolder, 'path'>): void {
  for (const name of whileTraining) discard(join(path, name));
}

/**
 * Removes what a process left that was killed after it had finished the run: checkpoints, snapshots, its lock. All runs that train together with it
 * must be finished. If the folder is in use or cannot be written, nothing is changed: the results are complete.
 */
export function tidyFinished(folder: string): void {
  if (![...whileTraining, 'lock'].some((name) => existsSync(join(folder, name)))) return;
  try {
    const lock = acquireLock(folder, { what: { kind: 'run', path: folder } });
    forgetTraining({ path: folder });
    lock.release();
  } catch {
    // It is in use, or it cannot be written.
  }
}

/**
 * Reads a finished run and checks it against the data. A finished run does not change, so no lock is needed.
 * @param repeated of a final fit: the evaluation of the run that was evaluated
 * @throws RecdistillError as `readFinishedRun`, `artifact-differs`
 */
export const readBack = <Result extends RunResult>(
  run: Pick<RunFolder, 'path'>,
  dataset: Dataset,
  evaluator: Evaluator,
  repeated?: Evaluation,
): Outcome<Result> => runSync(readingBack<Result>(run, dataset, evaluator, repeated));

/** The same in parts. */
export function* readingBack<Result extends RunResult>(
  { path }: Pick<RunFolder, 'path'>,
  dataset: Dataset,
  evaluator: Evaluator,
  repeated?: Evaluation,
): Generator<number, Outcome<Result>> {
  const manifest = readRunManifest(path);
  const { hash: run } = manifest;
  const result = readResult<Result>(path, manifest);
  const rankings = yield* within(readingTestRankings(path, manifest), 0, 0.2);
  const { nUsers, nItems } = dataset.train;
  const expected = { dataFingerprint: dataset.fingerprint, nUsers, nItems, run };
  const trajectory = yield* within(readingTrajectory(join(path, jobFiles.trajectory), expected), 0.2, 0.6);
  const hidden = yield* within(evaluator.parts.hidden(rankings), 0.6, 0.7);
  return {
    result,
    evaluation: repeated ?? (yield* within(evaluator.parts.test(rankings), 0.7, 0.9)),
    ...(hidden ? { hidden } : {}),
    rankings,
    teacher: yield* within(makingTeacher(path, trajectory, manifest, result), 0.9, 1),
    reused: true,
  };
}
