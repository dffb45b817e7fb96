/**
 * What a distillation method is: it turns knowledge (rankings of teachers) into a loss on the student's scores, and says as
 * data what it needs, so that what cannot work is refused in a sentence before any work is done. One file and one line in
 * `index.ts` add a method.
 */

import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import type { Kernels } from '../kernels/index.js';
import type { Capability, Tables, TrainableModel } from '../models/_model.js';
import type { OptionsOf, OptionsSchema } from '../options/options.js';
import type { Unit } from '../options/registry.js';
import type { Hooks } from '../train/hooks.js';

/**
 * What a teacher can hand over beyond its rankings. `embeddings`: the tables of users and items whose inner products are its scores; a run
 * of a model with factors has them, rankings made elsewhere do not.
 */
export type TeacherCapability = 'embeddings';

/** A teacher as methods see it. */
export interface TeacherKnowledge extends Trajectory {
  /** Of the teacher at its best; absent where its scores are no such products or not known. */
  readonly tables?: Tables;
}

export interface Needs {
  /** `one`: any number can be given, the method learns from what they say together. `many`: it tells them apart. */
  readonly teachers: 'none' | 'one' | 'many';
  /** `frozen`: the last checkpoint is enough. `trajectory`: earlier ones too. */
  readonly form: 'frozen' | 'trajectory';
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

export interface MethodSpec<S extends OptionsSchema = OptionsSchema> extends Unit {
  readonly unit: 'method';
  readonly summary: string;
  readonly source: string;
  readonly needs: Needs;
  readonly options: S;
  /** Options of the student that suit this method better than the model's own defaults; what the user gives goes before. */
  readonly studentDefaults?: Readonly<Record<string, unknown>>;
  /** Options of the method itself that suit a student which goes on from a bundle; what the user gives goes before. */
  readonly continueDefaults?: Readonly<Record<string, unknown>>;
  create(context: DistillContext, options: OptionsOf<S>): MethodHooks | Promise<MethodHooks>;
}

/** Declares a distillation method. */
export const distillationMethod = <S extends OptionsSchema>(spec: Omit<MethodSpec<S>, 'unit'>): MethodSpec<S> => ({
  ...spec,
  unit: 'method',
});
