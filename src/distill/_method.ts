/**
 * What a distillation method is. A method of the forms `frozen` and `trajectory` turns knowledge (rankings of teachers) into a loss on the
 * student's scores. A method of the form `co-trained` trains a teacher and a student together. Either says as data what it needs, so that what
 * cannot work is refused in a sentence before any work is done. One file and one line in `index.ts` add a method.
 */

import type { Dataset, Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import type { Kernels } from '../kernels/index.js';
import type { Capability, Model, Tables, TrainableModel } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import type { OptionsInput, OptionsOf, OptionsSchema } from '../options/options.js';
import type { Unit } from '../options/registry.js';
import type { SearchSpace } from '../options/search.js';
import type { Step } from '../progress.js';
import type { Hooks } from '../train/hooks.js';

/** What the teachers are to a method: their last checkpoint, their earlier ones too, or models that train on together with the student. */
export type Form = 'frozen' | 'trajectory' | 'co-trained';

/**
 * What a teacher can hand over beyond its rankings. `embeddings`: the tables of users and items whose inner products are its scores; a run
 * of a model with factors has them. `parameters`: a model that can train on, on any of its scores. Rankings made elsewhere have neither.
 */
export type TeacherCapability = 'embeddings' | 'parameters';

/** A teacher as methods see it. */
export interface TeacherKnowledge extends Trajectory {
  /** Of the teacher at its best; absent where its scores are no such products or not known. */
  readonly tables?: Tables;
}

export interface Needs<F extends Form = Form> {
  /** `one`: any number can be given, the method learns from what they say together. `many`: it tells them apart. Co-trained methods take exactly one. */
  readonly teachers: 'none' | 'one' | 'many';
  readonly form: F;
  readonly base: 'kept' | 'replaced' | 'either';
  /** What the student must be able to do. */
  readonly student: readonly Capability[];
  /** What each teacher must have. */
  readonly teacher: readonly TeacherCapability[];
}

export interface DistillContext {
  readonly kernels: Kernels;
  readonly student: TrainableModel;
  readonly train: Interactions;
  readonly teachers: readonly TeacherKnowledge[];
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  readonly seed: number;
  /** The student's own ranking of unobserved items, as it is now. @throws RecdistillError `interrupted` */
  rankStudent(depth: number): Promise<Rankings>;
  /** Tells what the method did, for logs and reports. */
  tell(epoch: number, details: Readonly<Record<string, unknown>>): void;
}

export interface MethodHooks extends Hooks {
  /** Gives kernel memory back. */
  close(): void;
}

interface MethodBase<S extends OptionsSchema> extends Unit {
  readonly unit: 'method';
  readonly summary: string;
  readonly source: string;
  readonly options: S;
  /** Options with which the contract suite of recdistill/testing tries it on tiny data; default: every size is made small. */
  readonly small?: Partial<OptionsInput<S>>;
  /** What a search may try of these, by the name of the option. Absent: nothing. */
  readonly search?: SearchSpace;
  /** Options of the student that suit this method better than the model's own defaults; what the user gives goes before. */
  readonly studentDefaults?: Readonly<Record<string, unknown>>;
}

/** A method by which finished teachers teach one student. */
export interface TeachingMethod<S extends OptionsSchema = OptionsSchema> extends MethodBase<S> {
  readonly needs: Needs<'frozen' | 'trajectory'>;
  /** Options of the method itself that suit a student which goes on from a bundle; what the user gives goes before. */
  readonly continueDefaults?: Readonly<Record<string, unknown>>;
  create(context: DistillContext, options: OptionsOf<S>): MethodHooks | Promise<MethodHooks>;
}

/** Which of the two that train together. */
export type LearnerRole = 'teacher' | 'student';

/** The order of the two wherever they are counted: in hooks the teacher is learner 0, the student learner 1. */
export const learnerRoles: readonly LearnerRole[] = ['teacher', 'student'];

/** Something of each of the two. */
export type Pair<T> = Readonly<Record<LearnerRole, T>>;

/** One of the two models that train together. */
export interface CoLearner {
  readonly model: TrainableModel;
  /** Most interactions or users in one of its batches. */
  readonly batchSize: number;
  /** Items that its base loss draws against each interaction. */
  readonly negatives: number;
}

export interface CoTrainContext extends Pair<CoLearner> {
  readonly kernels: Kernels;
  readonly train: Interactions;
  /** Ids of users, for messages; absent: their numbers. */
  readonly userIds?: readonly string[];
  /** Tells what the method did, for logs and reports. */
  tell(epoch: number, details: Readonly<Record<string, unknown>>): void;
  /** Called between parts of work that takes long. @throws RecdistillError `interrupted` */
  readonly step?: Step;
}

/** A method by which a teacher and a student, both trained before, train on together. */
export interface CoTrainedMethod<S extends OptionsSchema = OptionsSchema> extends MethodBase<S> {
  readonly needs: Needs<'co-trained'>;
  /** Defaults that depend on what is given, such as those of a protocol; what is given goes before. */
  readonly defaultsFor?: (given: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Options of the model of that role that replace those of its run: epochs, learning rate, and so on. `undefined` replaces nothing. */
  learnerOptions(
    role: LearnerRole,
    options: OptionsOf<S>,
  ): { readonly [name in keyof TrainOptions]?: TrainOptions[name] | undefined };
  /**
   * Refuses, before any work, options that do not fit the data or the two models.
   * @param learners options of their models
   * @throws RecdistillError `bad-option`
   */
  readonly check?: (options: OptionsOf<S>, train: Interactions, learners: Pair<TrainOptions>) => void;
  /** Kernel memory in bytes beyond that of the two models. */
  memory(options: OptionsOf<S>, train: Interactions, learners: Pair<TrainOptions>): number;
  /** Whether the parameters of the last epoch are kept; default: of each model those that were best on valid, its start included. */
  readonly keepsLast?: (options: OptionsOf<S>) => boolean;
  /** Further figures of a model on test, told with each evaluation and kept in its result. Nothing is selected by them. */
  readonly measure?: (
    kernels: Kernels,
    model: Model,
    dataset: Dataset,
    options: OptionsOf<S>,
  ) => Readonly<Record<string, number>>;
  /** The hooks of a joint training whose learners are the teacher and the student, in this order. */
  create(context: CoTrainContext, options: OptionsOf<S>): MethodHooks | Promise<MethodHooks>;
}

export type MethodSpec<S extends OptionsSchema = OptionsSchema> = TeachingMethod<S> | CoTrainedMethod<S>;

export const isCoTrained = (method: MethodSpec): method is CoTrainedMethod => method.needs.form === 'co-trained';

/** Declares a method by which finished teachers teach one student. */
export const distillationMethod = <S extends OptionsSchema>(
  spec: Omit<TeachingMethod<S>, 'unit'>,
): TeachingMethod<S> => ({
  ...spec,
  unit: 'method',
});

/** Declares a method by which a teacher and a student train on together. */
export const coTrainedMethod = <S extends OptionsSchema>(
  spec: Omit<CoTrainedMethod<S>, 'unit'>,
): CoTrainedMethod<S> => ({
  ...spec,
  unit: 'method',
});
