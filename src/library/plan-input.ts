/** Pipelines and studies as the compiler checks them: each entry has the options of its model and its method. */
import type { EnsembleKind, EnsembleName, MethodName, MethodSpec } from '../distill/index.js';
import type { pipelineOptions, studyOptions, tuneOptions } from '../experiment/index.js';
import type { ModelName, ModelSpec } from '../models/index.js';
import type { Json, NameOr, OptionsInput, Unit } from '../options/index.js';
import type { ImportOptions } from './open-run.js';
import type { MethodOptions, ModelOptions } from './train.js';

/** Options of a unit of your own. They are checked when the call starts, because a plan can have several such units. */
interface OwnOptions {
  readonly [option: string]: Json | Unit | undefined;
}

interface Named {
  /** Name of the run. Default: the name of the model, the method or the file. */
  readonly name?: string;
}

interface Taught extends Named {
  /** Names of the teachers and students to learn from. Default: all teachers. */
  readonly teachers?: readonly string[];
}

interface Weighed {
  /** How several teachers are weighed. Default: as the ensemble of the pipeline. */
  readonly ensemble?: NameOr<EnsembleName> | EnsembleKind;
}

/** A model with its options. */
export type ModelEntry = BuiltIn<ModelName> | (Named & OwnOptions & { readonly model: ModelSpec });

type BuiltIn<M> = M extends ModelName ? Named & { readonly model: M } & ModelOptions<M> : never;

/** A file of rankings of external teachers, with the options of reading it. */
interface RankingsEntry
  extends Named,
    Omit<ImportOptions, 'data' | 'name' | 'folder' | 'overwrite' | 'at' | 'selectBy'> {
  readonly rankings: string;
  readonly model?: undefined;
}

/** A student model with the options of the model and of the method. @typeParam D a method of your own */
export type StudentEntry<D extends MethodSpec> =
  | Student<ModelName, MethodName | D>
  | (Taught & Weighed & OwnOptions & { readonly model: ModelSpec; readonly method?: MethodName | MethodSpec });

type Student<M, D> = M extends ModelName
  ? D extends MethodName | MethodSpec
    ? Taught & Weighed & { readonly model: M } & Method<D> & ModelOptions<M> & MethodOptions<D>
    : never
  : never;

/** The method of an entry. Default: `hetcomp`. */
type Method<D> = D extends 'hetcomp' ? { readonly method?: D | undefined } : { readonly method: D };

interface Entries {
  /** Models of the students' dim, trained directly. Default: `true`, which makes them; docs/cli.md says which. */
  readonly matched?: boolean | readonly ModelEntry[];
  /** Models for comparison. They are not teachers. */
  readonly baselines?: readonly ModelEntry[];
  readonly teachers: readonly (ModelEntry | RankingsEntry)[];
}

/**
 * A pipeline as in its YAML file: docs/cli.md.
 * @typeParam D methods of your own. The compiler finds one; name several with different options: `runPipeline<typeof a | typeof b>(...)`
 */
export type PipelineInput<D extends MethodSpec = never> = Entries &
  Omit<OptionsInput<typeof pipelineOptions>, keyof Entries | 'students'> & {
    /** Without students, only baselines and teachers are trained. */
    readonly students?: readonly StudentEntry<D>[];
  };

/** Options that any built-in model has. */
type AnyModelOptions = {
  readonly [O in { [M in ModelName]: keyof ModelOptions<M> }[ModelName]]?: {
    [M in ModelName]: ModelOptions<M> extends { readonly [name in O]?: infer V } ? V : never;
  }[ModelName];
};

interface Compared extends Taught {
  /**
   * `given`, the default: the teachers of the study. `homogeneous`: as many teachers of one model, with different seeds. Otherwise how the teachers
   * of the study are weighed.
   */
  readonly ensemble?: 'given' | 'homogeneous' | NameOr<EnsembleName> | EnsembleKind;
}

/** A method with its options and those of the student. */
export type StudyEntry =
  | { [D in MethodName]: Compared & { readonly method: D } & MethodOptions<D> & AnyModelOptions }[MethodName]
  | (Compared & OwnOptions & { readonly method: MethodSpec });

/** A study as in its YAML file: docs/study.md. */
export type StudyInput = Entries &
  Omit<OptionsInput<typeof studyOptions>, keyof Entries | 'student' | 'entries' | 'methods' | 'tune'> & {
    /** The student of every entry. Default: `bpr-mf` with `dim` 6. */
    readonly student?: ModelEntry;
    readonly entries?: 'methods' | 'ablation' | readonly StudyEntry[];
    /** Options of built-in methods, in all of their entries. */
    readonly methods?: { readonly [D in MethodName]?: MethodOptions<D> & Weighed };
    readonly tune?: OptionsInput<typeof tuneOptions>;
  };
