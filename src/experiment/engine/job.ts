/**
 * Jobs: everything that computes something of an experiment, described by JSON values alone, so that any process on any machine can be
 * given one.
 */
import type { DataOptions, RankingOptions } from '../../data/index.js';
import type { ImportanceOptions } from '../../distill/ensemble/index.js';
import type { EvaluationOptions } from '../../eval/index.js';
import type { SearchSpace } from '../../options/index.js';
import type { TrajectoryOptions } from '../../train/index.js';
import type { TuneOptions } from '../search/index.js';

export type Values = Readonly<Record<string, unknown>>;

/** What all jobs of a graph have in common. */
export interface Setting {
  /** How another process loads the data set; recorded in run folders, too. Absent where only this process has the data. */
  readonly data?: Partial<DataOptions>;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  /** As of `runJob`. */
  readonly testCurve?: boolean;
}

interface JobBase {
  /** Unique in its graph; letters, digits, `_`, `-`, `.` and `/`. Its folder below that of the graph. */
  readonly name: string;
  /** Names of the jobs that it learns from, or of single results of these. */
  readonly teachers: readonly string[];
  /** Where a plan's file describes it, as keys and indices from the root on. */
  readonly at?: readonly (string | number)[];
}

/** A model that is trained or computed; with a method other than `none` it is distilled from its teachers. */
export interface TrainJob extends JobBase {
  readonly kind: 'train';
  readonly model: string;
  readonly method: string;
  /** Of the model and the method together, as given. */
  readonly options: Values;
}

/** A teacher and a student that train on together: the results NAME/teacher and NAME/student. */
export interface CoTrainJob extends JobBase {
  readonly kind: 'co-train';
  readonly method: string;
  /** Model of the student. */
  readonly model: string;
  /** Of `teachers`, which are two: the run that the student begins from. */
  readonly start: string;
  /** Of the method, as given. */
  readonly options: Values;
}

/** A file of rankings that other programs made. It may hold several teachers: the results NAME/TEACHER. */
export interface ImportJob extends JobBase {
  readonly kind: 'import';
  /** Name of the teacher where the file names none. */
  readonly teacher: string;
  readonly file: string;
  readonly options: RankingOptions;
}

/** The ensemble of its teachers, evaluated. It is fused anew each time and not stored. */
export interface FuseJob extends JobBase {
  readonly kind: 'fuse';
  readonly options: ImportanceOptions;
}

/** A search of options on valid, for a model alone or with a method: its trials one after the other, as each builds on those before. */
export interface SearchJob extends JobBase {
  readonly kind: 'search';
  /** As in the log of trials. */
  readonly subject: string;
  readonly model: string;
  readonly method: string;
  /** What all trials have, of the model and the method together; the searched options lie above it. */
  readonly options: Values;
  readonly space: SearchSpace;
  readonly rule: TuneOptions;
  /** With a co-trained method: of `teachers`, which are two, the run that the student begins from. */
  readonly start?: string;
}

export type JobSpec = TrainJob | CoTrainJob | ImportJob | FuseJob | SearchJob;

/** Jobs that an executor may give to another process. The others need what the process that runs the graph has already read. */
export type ShippedJob = TrainJob | CoTrainJob | SearchJob;

export const isShipped = (job: JobSpec): job is ShippedJob => job.kind !== 'import' && job.kind !== 'fuse';
