/** The outcome of a finished run. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { defined } from '../defined.js';
import type { EnsembleChoice, TeacherKnowledge } from '../distill/index.js';
import type { Evaluation, SampleSize } from '../eval/index.js';
import type { HistoryTables, Model, Tables } from '../models/index.js';
import { historyVector } from '../student/history.js';
import type { Listener } from '../train/index.js';
import type { RunFolder } from './run-folder.js';

/** A trajectory with the hash that names it. */
export interface Teacher {
  readonly trajectory: Trajectory;
  readonly hash: string;
  /** User and item tables of its scores, for a model with factors. */
  readonly tables?: Tables;
  /** Item tables of a model of histories. */
  readonly historyTables?: HistoryTables;
  /** Number of values that its scoring needs. Absent for imported rankings. */
  readonly parameters?: number;
  /** Its test rankings: those of users who are held out whole for valid are as they were evaluated there. */
  readonly tested?: () => Rankings;
}

/**
 * A teacher, as passed to a method. The user table of a model of histories is made of the train data, when it is first used.
 * @param weight as in `TeacherKnowledge`
 */
export function knowledgeOf(
  { trajectory, tables, historyTables }: Teacher,
  train: Interactions,
  weight?: number,
): TeacherKnowledge {
  const weighted = { ...trajectory, ...defined({ weight }) };
  if (tables || !historyTables) return { ...weighted, ...(tables ? { tables } : {}) };
  let made: Tables | undefined;
  return {
    ...weighted,
    get tables() {
      made ??= tablesOfHistories(historyTables, train);
      return made;
    },
  };
}

/** Tables of users and items with the scores of the history tables for the train items of each user. Biases are the last column. */
export function tablesOfHistories(
  { inputFactors, itemFactors, itemBiases, dim, exponent }: HistoryTables,
  { nUsers, nItems, indptr, indices }: Interactions,
): Tables {
  const width = itemBiases ? dim + 1 : dim;
  const [users, items] = [new Float32Array(nUsers * width).fill(1), new Float32Array(nItems * width)];
  for (let u = 0; u < nUsers; u++)
    users.set(historyVector(inputFactors, dim, indices.subarray(indptr[u]!, indptr[u + 1]!), exponent), u * width);
  for (let i = 0; i < nItems; i++) {
    items.set(itemFactors.subarray(i * dim, (i + 1) * dim), i * width);
    if (itemBiases) items[i * width + dim] = itemBiases[i]!;
  }
  return { userFactors: users, itemFactors: items, dim: width };
}

/** The evaluated run that a final fit repeats on all interactions. */
export interface Repeated {
  /** Hash of the run. */
  readonly run: string;
  /** Fingerprint of its data. */
  readonly data: string;
}

/** All that a final fit takes over from the evaluated run. */
export interface RepeatedRun {
  /** Hash of the run. */
  readonly hash: string;
  readonly dataFingerprint: string;
  readonly result: RunResult;
  readonly evaluation: Evaluation;
  /** Epochs of its trajectory, ascending. The last one is the best. */
  readonly checkpoints: readonly number[];
}

export const repeatedOf = ({ hash, dataFingerprint }: RepeatedRun): Repeated => ({ run: hash, data: dataFingerprint });

/** What a final fit needs of an evaluated run. */
export const repeatedRun = ({ result, evaluation, teacher }: Outcome): RepeatedRun => ({
  ...{ hash: teacher.hash, dataFingerprint: teacher.trajectory.dataFingerprint, result, evaluation },
  checkpoints: teacher.trajectory.checkpoints.map(({ epoch }) => epoch),
});

/** Metrics and cost of a finished run. */
export interface RunResult extends Partial<Cost> {
  /** Name of the model; `external` for imported rankings. */
  readonly model: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Epoch of the kept parameters. A computed model has the number of its sweeps, or 0 without sweeps. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Test metrics, means over users. Empty if nothing was held out. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The same on the hidden interactions, if the data has any. */
  readonly hidden?: Readonly<Record<string, number>>;
  /** Present if the metrics are those of a sample of the users. */
  readonly sample?: SampleSize;
  /** The weights of its teachers, if they were chosen. */
  readonly ensemble?: EnsembleChoice;
  /** Of a final fit, which is not evaluated: `metrics` and `hidden` are those of this run. */
  readonly repeated?: Repeated;
}

/** The cost of a model. Unknown for imported rankings. */
export interface Cost {
  /** Number of values that scoring needs. */
  readonly parameters: number;
  /** Bytes of the parameters as 32-bit floats. */
  readonly bytes: number;
  /** Bytes of the student bundle in f32: parameters, ids, names, histories. Absent for a model that has none, and in runs of earlier versions. */
  readonly bundleBytes?: number;
  /** Median microseconds for one user's exact top 10 on one thread. */
  readonly latencyMicroseconds: number;
  /** Training time in seconds, summed over all processes that worked on the run. */
  readonly seconds: number;
}

export type JobResult = RunResult & Cost;

/** The outcome of a finished run. */
export interface Outcome<Result extends RunResult = RunResult> {
  readonly result: Result;
  /** Per-user test values, for comparisons. */
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, if the data has any. */
  readonly hidden?: Evaluation;
  /** Test rankings: train and valid items excluded. */
  readonly rankings: Rankings;
  readonly teacher: Teacher;
  /** True if the run was read back and nothing was computed. */
  readonly reused: boolean;
}

export type Job = Outcome<JobResult>;

/** Receives a finished model with its best parameters. The model is closed after the call. */
export type Use = (model: Model, job: Pick<Job, 'result' | 'evaluation'>) => void;

/** Means over users, and values over the lists of all evaluated users. */
export const metricsOf = ({ means, beyondAccuracy }: Evaluation): Readonly<Record<string, number>> => ({
  ...means,
  ...beyondAccuracy.evaluatedUsers,
});

/** Listener that writes events to the run folder. metrics.jsonl gets only values that do not depend on the clock. */
export function listenerOf(run: RunFolder | undefined, listen: Listener | undefined): Listener {
  return (event) => {
    if (run && event.type !== 'checkpoint' && event.type !== 'progress') run.event(event);
    if (run && event.type === 'evaluation') run.metric({ epoch: event.epoch, ...event.metrics, best: event.best });
    listen?.(event);
  };
}
