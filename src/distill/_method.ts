/**
 * The interface of a distillation method. A method of the form `frozen` or `trajectory` turns the rankings of teachers into a loss on the
 * student's scores. A method of the form `co-trained` trains a teacher and a student together. Both declare what they need, so that
 * unsupported combinations are refused before any work. A new method is one file and one line in `index.ts`.
 */

import type { Dataset, Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import type { Kernels } from '../kernels/index.js';
import type { Capability, Model, Tables, TrainableModel } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import type { Json } from '../options/json.js';
import type { OptionsInput, OptionsOf, OptionsSchema } from '../options/options.js';
import type { Unit } from '../options/registry.js';
import type { SearchSpace } from '../options/search.js';
import type { Step } from '../progress.js';
import type { Hooks } from '../train/hooks.js';
import type { ImportanceOptions } from './ensemble/importance.js';

/** What a method uses of its teachers: the last checkpoint, all checkpoints, or the models themselves, which train together with the student. */
export type Form = 'frozen' | 'trajectory' | 'co-trained';

/**
 * What a teacher has beyond its rankings. `embeddings`: tables of users and items whose inner products are its scores; runs of models
 * with factors have them. `parameters`: a model that can be trained further, on any of its scores. Imported rankings have neither.
 */
export type TeacherCapability = 'embeddings' | 'parameters';

/** A teacher, as passed to a method. */
export interface TeacherKnowledge extends Trajectory {
  /** Tables of the teacher's best epoch. Absent if its scores are not inner products, or unknown. */
  readonly tables?: Tables;
  /** Its weight in the ensemble of the teachers, above 0; those of all teachers sum to 1. Absent: the weights are equal. */
  readonly weight?: number;
}

export interface Needs<F extends Form = Form> {
  /** `one`: several teachers are fused into one ranking. `many`: the method treats teachers separately. Co-trained methods take exactly one. */
  readonly teachers: 'none' | 'one' | 'many';
  readonly form: F;
  readonly base: 'kept' | 'replaced' | 'either';
  /** Capabilities that the student must have. */
  readonly student: readonly Capability[];
  /** Capabilities that each teacher must have. */
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
  /** Ranks unobserved items by the student's current scores. @throws RecdistillError `interrupted` */
  rankStudent(depth: number): Promise<Rankings>;
  /** Reports the state of the method to logs and reports. */
  report(epoch: number, details: Readonly<Record<string, Json>>): void;
}

export interface MethodHooks extends Hooks {
  /** Frees kernel memory. */
  close(): void;
}

interface MethodBase<S extends OptionsSchema> extends Unit {
  readonly unit: 'method';
  readonly summary: string;
  readonly source: string;
  readonly options: S;
  /** Options with which the contract suite of recdistill/testing tries the method on tiny data. Default: small values of all sizes. */
  readonly small?: Partial<OptionsInput<S>>;
  /** Search space of the method's options, by name. Absent: nothing is searched. */
  readonly search?: SearchSpace;
  /** Defaults of student options under this method. Given options take precedence. */
  readonly studentDefaults?: Readonly<Record<string, unknown>>;
}

/** A method in which trained teachers teach one student. */
export interface TeachingMethod<S extends OptionsSchema = OptionsSchema> extends MethodBase<S> {
  readonly needs: Needs<'frozen' | 'trajectory'>;
  /** Defaults of method options for a student that continues from a bundle. Given options take precedence. */
  readonly continueDefaults?: Readonly<Record<string, unknown>>;
  /**
   * Refuses options that do not fit together, or have no effect together, before any work.
   * @param options all of the method, with defaults
   * @throws RecdistillError `bad-option`
   */
  check?(options: OptionsOf<S>): void;
  /** How it fuses the lists of several teachers, so that their weights are chosen for this. Default: as `oneRanking`. */
  fuses?(options: OptionsOf<S>): ImportanceOptions;
  create(context: DistillContext, options: OptionsOf<S>): MethodHooks | Promise<MethodHooks>;
}

/** Role of a model in co-training. */
export type LearnerRole = 'teacher' | 'student';

/** Order of the two models in arrays and hooks: the teacher is learner 0, the student learner 1. */
export const learnerRoles: readonly LearnerRole[] = ['teacher', 'student'];

/** One value per role. */
export type Pair<T> = Readonly<Record<LearnerRole, T>>;

/** One of the two models in co-training. */
export interface CoLearner {
  readonly model: TrainableModel;
  /** Maximum number of interactions or users per batch. */
  readonly batchSize: number;
  /** Negatives per interaction in its base loss. */
  readonly negatives: number;
}

export interface CoTrainContext extends Pair<CoLearner> {
  readonly kernels: Kernels;
  readonly train: Interactions;
  /** User ids for messages. Default: user indices. */
  readonly userIds?: readonly string[];
  /** Reports the state of the method to logs and reports. */
  report(epoch: number, details: Readonly<Record<string, Json>>): void;
  /** Called between parts of long work. @throws RecdistillError `interrupted` */
  readonly step?: Step;
}

/** A method in which a teacher and a student, both trained before, continue training together. */
export interface CoTrainedMethod<S extends OptionsSchema = OptionsSchema> extends MethodBase<S> {
  readonly needs: Needs<'co-trained'>;
  /** Defaults that depend on the given options, such as those of a protocol. Given options take precedence. */
  readonly defaultsFor?: (given: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Options that replace those of the model's own run, such as epochs and learning rate. `undefined` replaces nothing. */
  learnerOptions(
    role: LearnerRole,
    options: OptionsOf<S>,
  ): { readonly [name in keyof TrainOptions]?: TrainOptions[name] | undefined };
  /**
   * Refuses options that do not fit the data or the two models, before any work.
   * @param learners training options of both models
   * @throws RecdistillError `bad-option`
   */
  readonly check?: (options: OptionsOf<S>, train: Interactions, learners: Pair<TrainOptions>) => void;
  /** Kernel memory in bytes beyond that of the two models. */
  memory(options: OptionsOf<S>, train: Interactions, learners: Pair<TrainOptions>): number;
  /** Whether the parameters of the last epoch are kept. Default: the best epoch on valid of each model, including epoch 0. */
  readonly keepsLast?: (options: OptionsOf<S>) => boolean;
  /** Additional test metrics of a model, reported with each evaluation and stored in its result. They select nothing. */
  readonly measure?: (
    kernels: Kernels,
    model: Model,
    dataset: Dataset,
    options: OptionsOf<S>,
  ) => Readonly<Record<string, number>>;
  /** The hooks of a joint training with learners [teacher, student]. */
  create(context: CoTrainContext, options: OptionsOf<S>): MethodHooks | Promise<MethodHooks>;
}

export type MethodSpec<S extends OptionsSchema = OptionsSchema> = TeachingMethod<S> | CoTrainedMethod<S>;

export const isCoTrained = (method: MethodSpec): method is CoTrainedMethod => method.needs.form === 'co-trained';

/** Declares a method in which trained teachers teach one student. */
export const distillationMethod = <S extends OptionsSchema>(
  spec: Omit<TeachingMethod<S>, 'unit'>,
): TeachingMethod<S> => ({
  ...spec,
  unit: 'method',
});

/** Declares a method in which a teacher and a student train together. */
export const coTrainedMethod = <S extends OptionsSchema>(
  spec: Omit<CoTrainedMethod<S>, 'unit'>,
): CoTrainedMethod<S> => ({
  ...spec,
  unit: 'method',
});
