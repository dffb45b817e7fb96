/** What a finished run hands on, and what is known of it. */
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import type { TeacherKnowledge } from '../distill/index.js';
import type { Evaluation } from '../eval/index.js';
import type { Model, Tables } from '../models/index.js';
import type { Listener } from '../train/index.js';
import type { RunFolder } from './run-folder.js';

/** A trajectory with the hash that names it. */
export interface Teacher {
  readonly trajectory: Trajectory;
  readonly hash: string;
  /** The tables of users and items behind its scores, of a model with factors. */
  readonly tables?: Tables;
}

/** A teacher as methods see it. */
export const knowledgeOf = ({ trajectory, tables }: Teacher): TeacherKnowledge => ({
  ...trajectory,
  ...(tables ? { tables } : {}),
});

/** What is known of a finished run. */
export interface RunResult extends Partial<Cost> {
  /** Registered name of the model; `external` for rankings made elsewhere. */
  readonly model: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Epoch of the parameters that were kept; 0 for a model that is computed at once. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Test metrics, means over users. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The same on the hidden interactions, where the data has such. */
  readonly hidden?: Readonly<Record<string, number>>;
}

/** What a model costs. Nobody knows that of rankings made elsewhere. */
export interface Cost {
  /** Numbers that scoring needs. */
  readonly parameters: number;
  readonly bytes: number;
  /** Median microseconds for one user's exact top 10 on one thread. */
  readonly latencyMicroseconds: number;
  /** Time that training took, in all processes that worked on it. */
  readonly seconds: number;
}

export type JobResult = RunResult & Cost;

/** What a finished run hands on. */
export interface Outcome<Result extends RunResult = RunResult> {
  readonly result: Result;
  /** Per-user test values, for comparisons. */
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, where the data has such. */
  readonly hidden?: Evaluation;
  /** Top lists for testing: train and valid items left out. */
  readonly rankings: Rankings;
  readonly teacher: Teacher;
  /** True if nothing had to be done. */
  readonly reused: boolean;
}

export type Job = Outcome<JobResult>;

/** Gets a finished model with its best parameters, which lives only as long as the call. */
export type Use = (model: Model, job: Pick<Job, 'result' | 'evaluation'>) => void;

/** Means over users, and values over the lists of the evaluated users. */
export const metricsOf = ({ means, beyondAccuracy }: Evaluation): Readonly<Record<string, number>> => ({
  ...means,
  ...beyondAccuracy.evaluatedUsers,
});

/** The run folder listens to everything; metrics.jsonl gets what does not depend on the clock. */
export function listenerOf(run: RunFolder | undefined, listen: Listener | undefined): Listener {
  return (event) => {
    if (run && event.type !== 'checkpoint' && event.type !== 'progress') run.event(event);
    if (run && event.type === 'evaluation') run.metric({ epoch: event.epoch, ...event.metrics, best: event.best });
    listen?.(event);
  };
}
