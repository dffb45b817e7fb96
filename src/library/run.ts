/** A finished run: the result of `train`, `distill`, `coTrain`, `importRankings` and `openRun`, and the input of other calls. */
import { type BundleNotes, writeBundle } from '../bundle/index.js';
import { licenceNote, type Rankings, type Trajectory, writeRankingsTable } from '../data/index.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import type { Evaluation } from '../eval/index.js';
import type { RecommendedAll } from '../experiment/index.js';
import { type Exporter, type ExporterName, exportStudent } from '../export/index.js';
import type { Model, Tables } from '../models/index.js';
import { type Json, jsonRecord } from '../options/json.js';
import type { Cost, Outcome, Repeated, Teacher } from '../runs/outcome.js';
import { bundleNotes, type Servable, studentOf } from '../runs/student-bundle.js';
import { createStudent, type Precision, type Student } from '../student/index.js';
import { described, expectPath } from './check.js';
import type { Data } from './data.js';
import { type Recommendation, type RecommendOptions, recommendations, type UserOrItems } from './recommend.js';
import { type RecommendAllOptions, recommendAll } from './recommend-all.js';

/** Metrics by keys such as `recall@50`: means over the evaluated users. `coverage@10` and similar metrics are over all their lists. */
export type Metrics = Readonly<Record<`${string}@${number}`, number>>;

export interface Run {
  /** Name in tables. */
  readonly name: string;
  /** Name of the model; `external` for imported rankings. */
  readonly model: string;
  /** Name of the distillation method; `none` without distillation. */
  readonly method: string;
  /** Names of the teachers. */
  readonly teachers: readonly string[];
  /** All options of the run, with defaults. */
  readonly options: Readonly<Record<string, Json>>;
  readonly data: Data;
  /** Metrics on test. */
  readonly metrics: Metrics;
  /** Metrics on valid at the best epoch. Empty if valid was not evaluated. */
  readonly validMetrics: Metrics;
  /** Metrics on the hidden interactions, if the data has any. */
  readonly hiddenMetrics?: Metrics;
  /** Metrics on test per user, for significance tests. */
  readonly evaluation: Evaluation;
  /** Test rankings: the top items of each user, train and valid items excluded. */
  readonly rankings: Rankings;
  /** Rankings at the checkpoints of the training, from which distillation methods learn. */
  readonly trajectory: Trajectory;
  /** Tables whose inner products are the scores, if the model has them. */
  readonly tables?: Tables;
  /** Epoch of the kept parameters, or the last sweep of `ials`; 0 for other computed models. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Number of parameters, their bytes, those of the student bundle, microseconds for a user's top 10, seconds of training. Unknown values are absent. */
  readonly cost: Partial<Cost>;
  /** Trained on all interactions when this run was evaluated, if the call asked for it. It is the run to serve. */
  readonly final?: Run;
  /** Of a final fit: the evaluated run, whose metrics these are. It is refused where an evaluated run is needed. */
  readonly repeated?: Repeated;
  /** Folder of the run. Absent: in memory only. */
  readonly folder?: string;
  /** Identifies the run: equal code, options, data and teachers give an equal hash. */
  readonly hash: string;
  /** True if it was read from its folder and nothing was computed. */
  readonly reused: boolean;
  /**
   * The trained parameters by name. Empty for computed models and imported rankings.
   * @throws RecdistillError `read-failed`, `artifact-damaged`
   */
  parameters(): Readonly<Record<string, ArrayLike<number>>>;
  /**
   * The best items for a user of the data, or for a new user with the given items. Items that the user has in the data are excluded, also those
   * of valid and test. `rankings` has the lists that were evaluated.
   * @throws StudentError `unknown-user`, `unknown-item`, `bad-argument`; RecdistillError `needs-not-met` if the run does not support it
   */
  recommend(user: UserOrItems, options?: RecommendOptions): Recommendation[];
  /**
   * Writes the lists of all users, the same as `recommend` gives for each, in files: `await run.recommendAll({ out: 'recs', k: 100 })`. The run needs a folder.
   * @throws RecdistillError `needs-not-met`, `bad-option`, `bad-data` if no chosen id is known, `write-failed`, `interrupted`
   */
  recommendAll(options: RecommendAllOptions): Promise<RecommendedAll>;
  /** The model for serving. @throws RecdistillError `needs-not-met` if its scores are not inner products */
  toStudent(): Student;
  /**
   * Writes a student bundle and replaces an existing one.
   * @throws RecdistillError `needs-not-met` as `toStudent`, `write-failed`, `usage` if the folder holds other files
   */
  saveBundle(folder: string, options?: { readonly precision?: Precision }): Promise<void>;
  /**
   * Writes the model for other programs.
   * @param format a name such as `onnx`, or a format of your own
   * @throws RecdistillError `needs-not-met` as `toStudent`, `usage` for a precision that the format does not have, `write-failed`
   */
  export(format: ExporterName | Exporter, out: string, options?: { readonly precision?: Precision }): Promise<void>;
  /** Writes `rankings` as a table of user, item and rank: .csv, .tsv, .jsonl or .parquet. @throws RecdistillError `usage`, `write-failed` */
  saveRankings(file: string): Promise<void>;
  /** For JSON.stringify: name, model, method, options, metrics, cost and folder. */
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
  const { repeated } = result;
  const { model, method, metrics, hidden: hiddenMetrics, bestEpoch, epochs, ...rest } = result;
  const { parameters: size, bytes, bundleBytes, latencyMicroseconds, seconds } = rest;
  const cost = defined({ parameters: size, bytes, bundleBytes, latencyMicroseconds, seconds });
  const options = jsonRecord(result.options);
  const { tables, historyTables, trajectory } = teacher;
  const servable = tables ?? historyTables;
  const tablesToServe = (): Servable =>
    servable ??
    fail('needs-not-met', {
      problem: `${name} (${model}) cannot be served as a student: its scores are not inner products of user and item factors`,
      hint: 'Distil it into a model with factors, such as bpr-mf, or save its rankings with saveRankings.',
    });
  const notes = (): BundleNotes =>
    bundleNotes(data, evaluation, {
      ...{ model, method, teachers, licence: licenceNote(String(data.source?.data ?? '')) },
      ...defined({ repeated }),
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
    ...defined({ folder, repeated }),
    recommend: (user, asked) => recommendations({ name, data, rankings, toStudent, serves: !!servable }, user, asked),
    recommendAll: (all) => recommendAll({ name, data, ...defined({ folder }) }, all),
    async saveBundle(target, bundle) {
      writeBundle(expectPath(target, 'saveBundle'), studentOf(tablesToServe(), data), notes(), bundle);
    },
    async export(format, out, { precision } = {}) {
      const student = { model: studentOf(tablesToServe(), data), notes: notes() };
      await exportStudent(student, format, expectPath(out, 'export', "export('onnx', 'student-onnx')"), precision);
    },
    async saveRankings(file) {
      await writeRankingsTable(expectPath(file, 'saveRankings'), data, [{ lists: [rankings] }]);
    },
    toJSON: () =>
      jsonRecord({ name, model, method, teachers, options, metrics, cost, bestEpoch, epochs, hash, folder }),
  };
}

/** @param what the role of the run in messages, such as `a teacher` @throws RecdistillError `needs-not-met` if it is not a run */
export function expectRun(run: Run | undefined, what: string): Run {
  if (run?.repeated) refuseFinalFit(run, what);
  return expectAnyRun(run, what);
}

/** As `expectRun`, but a final fit is welcome. */
export function expectAnyRun(run: Run | undefined, what: string): Run {
  if (run?.trajectory && run.data) return run;
  return fail('needs-not-met', {
    problem: `${what} is not a run; it is ${described(run)}`,
    hint: 'Pass the awaited result of train, distill, importRankings or openRun.',
  });
}

const refuseFinalFit = ({ name }: Run, what: string): never =>
  fail('needs-not-met', {
    problem: `${what}, ${name}, was trained on all interactions, also on those of valid and test, and is not evaluated`,
    hint: 'Pass the evaluated run, whose `final` it is.',
  });

/** A run as teacher. */
export function teacherOf(run: Run): Teacher {
  const { trajectory, hash, rankings, tables, cost } = run;
  return { trajectory, hash, tested: () => rankings, ...defined({ tables, parameters: cost.parameters }) };
}

/** The parameters of a model, by name. */
export const copyOf = (model: Model): Readonly<Record<string, ArrayLike<number>>> =>
  Object.fromEntries(model.parameters.map((p) => [p.name, p.values.slice()]));

/** @throws RecdistillError `usage` if it is not a list, `needs-not-met` if one of them is not a run */
export function expectRuns(runs: readonly Run[], call: string, what: string): readonly Run[] {
  if (!Array.isArray(runs)) {
    const hint = 'Pass a list, also of a single run: [run].';
    fail('usage', { problem: `${call} needs a list of runs; ${what} is ${described(runs)}`, hint });
  }
  return runs.map((run) => expectRun(run, what === 'teachers' ? 'a teacher' : 'one of them'));
}
