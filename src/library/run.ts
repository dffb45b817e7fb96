/** A finished run: what `train`, `distill`, `coTrain`, `importRankings` and `openRun` give, and what the other calls take. */
import { writeBundle } from '../bundle/index.js';
import { licenceNote, type Rankings, type Trajectory, writeRankingsTable } from '../data/index.js';
import { fail } from '../errors.js';
import type { Evaluation } from '../eval/index.js';
import type { Tables } from '../models/index.js';
import type { Cost, Outcome } from '../runs/outcome.js';
import { bundleNotes, studentOf } from '../runs/student-bundle.js';
import { createStudent, type Precision, type Student } from '../student/index.js';
import type { Data } from './data.js';
import { type Json, jsonRecord } from './json.js';
import { type Recommendation, type RecommendOptions, recommendations, type Whom } from './recommend.js';

/** Values of metrics by keys such as `recall@50`, means over the evaluated users; `coverage@10` and its like are over all their lists. */
export type Metrics = Readonly<Record<`${string}@${number}`, number>>;

export interface Run {
  /** What tables call it. */
  readonly name: string;
  /** Name of the model; `external` for rankings made elsewhere. */
  readonly model: string;
  /** Name of the distillation method; `none` where nothing was distilled. */
  readonly method: string;
  /** Names of the teachers. */
  readonly teachers: readonly string[];
  /** All options of the run, with defaults. */
  readonly options: Readonly<Record<string, Json>>;
  readonly data: Data;
  /** Quality on test. */
  readonly metrics: Metrics;
  /** Quality on valid at the best epoch; empty where nothing was measured. */
  readonly validMetrics: Metrics;
  /** Quality on the hidden interactions, where the data has such. */
  readonly hiddenMetrics?: Metrics;
  /** Quality on test for each user, for significance tests. */
  readonly evaluation: Evaluation;
  /** Top items of each user for testing: train and valid items are left out. */
  readonly rankings: Rankings;
  /** Rankings at checkpoints of the training: what distillation methods learn from. */
  readonly trajectory: Trajectory;
  /** Tables whose inner products are the scores, of a model that has such. */
  readonly tables?: Tables;
  /** Epoch of the parameters that were kept; 0 for a model that is computed at once. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Numbers that scoring needs, their bytes, microseconds for a user's top 10, seconds of training; absent where nobody knows them. */
  readonly cost: Partial<Cost>;
  /** Where it is kept; absent: in memory only. */
  readonly folder?: string;
  /** Names the run: equal code, options, data and teachers give the same hash. */
  readonly hash: string;
  /** True if it was read from its folder, and nothing was computed. */
  readonly reused: boolean;
  /**
   * The trained parameters by name; none of a model that is computed at once, or of rankings made elsewhere.
   * @throws RecdistillError `read-failed`, `artifact-damaged`
   */
  parameters(): Readonly<Record<string, ArrayLike<number>>>;
  /**
   * The best items for a user of the data, or for somebody new who has the items that are named. Items of train and valid are left out.
   * @throws StudentError `unknown-user`, `unknown-item`, `bad-argument`; RecdistillError `needs-not-met` if the run cannot answer this
   */
  recommend(whom: Whom, options?: RecommendOptions): Recommendation[];
  /** The model as it serves. @throws RecdistillError `needs-not-met` if its scores are no inner products */
  toStudent(): Student;
  /**
   * Writes a student bundle, in place of the one that is there.
   * @throws RecdistillError `needs-not-met` as `toStudent`, `write-failed`, `usage` if the folder holds other files
   */
  saveBundle(folder: string, options?: { readonly precision?: Precision }): Promise<void>;
  /** Writes `rankings` as a table of user, item and rank: .csv, .tsv, .jsonl or .parquet. @throws RecdistillError `usage`, `write-failed` */
  saveRankings(file: string): Promise<void>;
  /** What JSON.stringify shows: name, model, method, options, metrics, cost and folder. */
  toJSON(): Readonly<Record<string, Json>>;
}

/** What a run is made of. */
export interface RunParts {
  readonly name: string;
  readonly data: Data;
  readonly outcome: Outcome;
  readonly hash: string;
  readonly teachers: readonly string[];
  readonly folder?: string;
  readonly parameters: Run['parameters'];
}

export function createRun({ name, data, outcome, hash, teachers, folder, parameters }: RunParts): Run {
  const { result, evaluation, hidden, rankings, teacher, reused } = outcome;
  const { model, method, metrics, hidden: hiddenMetrics, bestEpoch, epochs, ...rest } = result;
  const { parameters: size, bytes, latencyMicroseconds, seconds } = rest;
  const cost = defined({ parameters: size, bytes, latencyMicroseconds, seconds });
  const options = jsonRecord(result.options);
  const { tables, trajectory } = teacher;
  const tablesToServe = (): Tables =>
    tables ??
    fail('needs-not-met', {
      problem: `${name} (${model}) cannot be served as a student: its scores are no inner products of users and items`,
      hint: 'Distil it into a model that can, such as bpr-mf, or save its rankings with saveRankings.',
    });
  let student: Student | undefined;
  const toStudent = (): Student => {
    student ??= createStudent(studentOf(tablesToServe(), data));
    return student;
  };
  return {
    ...{ name, model, method, teachers, options, data, metrics, evaluation, rankings, trajectory },
    validMetrics: trajectory.checkpoints.at(-1)?.metrics ?? {},
    ...(hidden && hiddenMetrics ? { hiddenMetrics } : {}),
    ...(tables ? { tables } : {}),
    ...{ bestEpoch, epochs, cost, hash, reused, parameters, toStudent },
    ...(folder === undefined ? {} : { folder }),
    recommend: (whom, asked) => recommendations({ name, data, rankings, toStudent, serves: !!tables }, whom, asked),
    async saveBundle(target, bundle) {
      const licence = licenceNote(String(data.source?.data ?? ''));
      const notes = bundleNotes(data, evaluation, { model, method, teachers, licence });
      writeBundle(target, studentOf(tablesToServe(), data), notes, bundle);
    },
    saveRankings: (file) => writeRankingsTable(file, data, [{ lists: [rankings] }]),
    toJSON: () =>
      jsonRecord({ name, model, method, teachers, options, metrics, cost, bestEpoch, epochs, hash, folder }),
  };
}

const defined = (cost: { readonly [C in keyof Cost]: Cost[C] | undefined }): Partial<Cost> =>
  Object.fromEntries(Object.entries(cost).filter(([, value]) => value !== undefined));
