/** Jobs: the computations of an experiment. A job is described by JSON values alone, so that any process on any machine can run it. */
import type { DataOptions, RankingOptions } from '../../data/index.js';
import type { ImportanceOptions } from '../../distill/ensemble/index.js';
import type { EvaluationOptions } from '../../eval/index.js';
import type { SearchSpace } from '../../options/index.js';
import type { TrajectoryOptions } from '../../train/index.js';
import type { TuneOptions, Values } from '../search/index.js';

export type { Values };

/** The options that all jobs of a graph share. */
export interface Setting {
  /** How another process loads the data set; also recorded in run folders. Absent if only this process has the data. */
  readonly data?: Partial<DataOptions>;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  /** As of `runJob`. */
  readonly testCurve?: boolean;
}

interface JobBase {
  /** Unique in its graph; letters, digits, `_`, `-`, `.` and `/`. Also its folder, relative to the folder of the graph. */
  readonly name: string;
  /** Names of the jobs that it learns from, or of single results of such jobs. */
  readonly teachers: readonly string[];
  /** Where the file of a plan describes it: keys and indices from the root. */
  readonly at?: readonly (string | number)[] | undefined;
}

/** Trains or computes a model. With a method other than `none` the model is distilled from its teachers. */
export interface TrainJob extends JobBase {
  readonly kind: 'train';
  readonly model: string;
  readonly method: string;
  /** How the teachers are weighed. Default: `equal`. */
  readonly ensemble?: string;
  /** Options of the model and of the method, as given. */
  readonly options: Values;
}

/** Trains a teacher and a student together. The results are NAME/teacher and NAME/student. */
export interface CoTrainJob extends JobBase {
  readonly kind: 'co-train';
  readonly method: string;
  /** Model of the student. */
  readonly model: string;
  /** The one of the two `teachers` that the student starts from. */
  readonly start: string;
  /** Options of the method, as given. */
  readonly options: Values;
}

/** Imports a file of rankings of external teachers. If it holds several teachers, the results are NAME/TEACHER. */
export interface ImportJob extends JobBase {
  readonly kind: 'import';
  /** Name of the teacher, if the file has none. */
  readonly teacher: string;
  readonly file: string;
  readonly options: RankingOptions;
}

/** Combines the rankings of its teachers into an ensemble and evaluates it. The result is not stored. */
export interface FuseJob extends JobBase {
  readonly kind: 'fuse';
  readonly options: ImportanceOptions & {
    /** How the teachers are weighed. Default: `equal`. */
    readonly weights?: string;
  };
}

/** Searches options on valid, for a model alone or with a method. Trials run in sequence, because each depends on those before. */
export interface SearchJob extends JobBase {
  readonly kind: 'search';
  /** As in the log of trials. */
  readonly subject: string;
  readonly model: string;
  readonly method: string;
  /** How the teachers are weighed in every trial. Default: `equal`. */
  readonly ensemble?: string;
  /** Options of every trial, of the model and of the method. Searched options take precedence. */
  readonly options: Values;
  readonly space: SearchSpace;
  readonly rule: TuneOptions;
  /** With a co-trained method: the one of the two `teachers` that the student starts from. */
  readonly start?: string;
}

/**
 * Computes one part of what a unit of `parts/` computes. Its `teachers` are what it reads: runs, or other parts. The result is kept in the folder
 * STORE/parts/HASH, whatever the name of the job.
 */
export interface PartJob extends JobBase {
  readonly kind: 'part';
  /** Name of the unit. */
  readonly unit: string;
  /** Options of the unit, as given. */
  readonly options: Values;
  /** From 0 to `of` - 1. */
  readonly shard: number;
  readonly of: number;
  /** True if it is removed when all jobs of the graph that read it are done. */
  readonly temporary?: true;
}

/** Makes the run of a model that was computed in shards. Its `teachers` are the parts that it joins. */
export interface JoinJob extends JobBase {
  readonly kind: 'join';
  readonly model: string;
  readonly method: 'none';
  /** Options of the model, as given, with the number of shards. */
  readonly options: Values;
  readonly shards: number;
  /** Parts with the rankings after each sweep, in the order of the shards; of the final model last. */
  readonly ranked: readonly { readonly sweep: number; readonly parts: readonly string[] }[];
  /** Parts of the stages of which the final model is made. */
  readonly made: Readonly<Record<string, readonly string[]>>;
}

export type JobSpec = TrainJob | CoTrainJob | ImportJob | FuseJob | SearchJob | PartJob | JoinJob;

/** Jobs that an executor can run in another process. The others need what the process that runs the graph has already read. */
export type PortableJob = TrainJob | CoTrainJob | SearchJob | PartJob | JoinJob;

export const isPortable = (job: JobSpec): job is PortableJob => job.kind !== 'import' && job.kind !== 'fuse';
