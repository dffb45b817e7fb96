/** Trains one model and evaluates it, with or without teachers. */

import { defined } from '../defined.js';
import {
  type CoTrainedMethod,
  type EnsembleKind,
  type EnsembleName,
  isCoTrained,
  type MethodName,
  type MethodSpec,
  methodOf,
  type methods,
  type TeachingMethod,
} from '../distill/index.js';
import { fail } from '../errors.js';
import { type ModelName, type ModelSpec, modelOf, type models } from '../models/index.js';
import type { OptionsInput } from '../options/options.js';
import type { NameOr } from '../options/registry.js';
import { readSavedModel, readStart, runJob } from '../runs/index.js';
import { type CallOptions, requestOf, unitOptions } from './call.js';
import { expectOptions } from './check.js';
import { type Data, expectData, sourceOf } from './data.js';
import { finalOf, remember } from './final.js';
import { withKernels } from './kernels.js';
import { copyOf, createRun, expectRuns, type Run, teacherOf } from './run.js';

/** zod's type of an empty options object would forbid the options of the call. */
type Beside<I> = I extends Readonly<Record<string, never>> ? object : I;

/** The options of a model, as input of a call. */
export type ModelOptions<M> = Beside<
  OptionsInput<M extends ModelName ? (typeof models)[M]['options'] : M extends ModelSpec ? M['options'] : never>
>;

/** Names of methods in which teacher and student train together. */
export type CoTrainedName = {
  [D in MethodName]: (typeof methods)[D] extends CoTrainedMethod<infer _> ? D : never;
}[MethodName];

/** Names of methods in which trained teachers teach a student. */
export type TeachingName = Exclude<MethodName, CoTrainedName>;

/** The options of a distillation method, as input of a call. */
export type MethodOptions<D> = Beside<
  OptionsInput<D extends MethodName ? (typeof methods)[D]['options'] : D extends MethodSpec ? D['options'] : never>
>;

interface TrainCall extends CallOptions {
  readonly data: Data;
}

/** Options of `train`: of the call and of the model `M`. */
export type TrainOptions<M> = TrainCall & ModelOptions<M>;

/**
 * Trains a model (or computes it, for a computed model), keeps its best epoch on valid, and evaluates it once on test.
 * @param model a name such as `lightgcn`, or a model made by `trainedModel` or `computedModel`
 * @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`, `diverged`, `interrupted`; with
 *   a folder also `run-locked`, `run-differs`, `artifact-damaged`, `write-failed`
 */
export function train<M extends ModelName | ModelSpec>(model: M, options: TrainOptions<M>): Promise<Run>;
export async function train(model: ModelName | ModelSpec, options: Partial<TrainCall> = {}): Promise<Run> {
  const spec = modelOf(model);
  expectOptions(options, 'train');
  const data = expectData(options.data, 'train');
  return fit(
    { spec, method: taughtBy(methodOf('none')), teachers: [], data, given: unitOptions(options, [spec], ['data']) },
    options,
  );
}

interface DistillCall<M> extends CallOptions {
  /** Runs on the same data, whose rankings are the teachers' knowledge. The method uses several separately or fused. */
  readonly teachers: readonly Run[];
  /** The student model: a name, or a model of your own. */
  readonly student: M;
  /** How several teachers are weighed: `equal`, `valid`, `greedy`, or a rule of your own. Weights are chosen on valid. Default: `equal`. */
  readonly ensemble?: NameOr<EnsembleName> | EnsembleKind;
  /** Default: the data of the first teacher. */
  readonly data?: Data;
  /**
   * Folder of a run or a student bundle of earlier data. Known users and items start with its embeddings, new ones are folded in. A split that
   * holds out what the earlier student was trained on is refused; without its run, all that its users have counts as that.
   */
  readonly continueFrom?: string;
}

/** Options of `distill`: of the call, of the student `M` and of the method `D`. */
export type DistillOptions<D, M> = DistillCall<M> & ModelOptions<M> & MethodOptions<D>;

/**
 * Trains a student with the knowledge of teachers.
 * @param method a name such as `hetcomp`, or a method made by `distillationMethod`
 * @throws as `train`; `needs-not-met` if the method does not support this student or these teachers
 */
export function distill<D extends TeachingName | TeachingMethod, M extends ModelName | ModelSpec>(
  method: D,
  options: DistillOptions<D, M>,
): Promise<Run>;
export async function distill(
  method: TeachingName | TeachingMethod,
  options: Partial<DistillCall<ModelName | ModelSpec>> = {},
): Promise<Run> {
  expectOptions(options, 'distill');
  const { student, continueFrom, ensemble } = options;
  const taught = taughtBy(methodOf(method));
  const teachers = expectRuns(options.teachers ?? [], 'distill', 'teachers');
  if (student === undefined) {
    const hint = "Name the model of the student: distill('hetcomp', { teachers, student: 'bpr-mf', dim: 8 }).";
    fail('usage', { problem: 'distill needs a student; it is missing', hint });
  }
  const spec = modelOf(student);
  const given = unitOptions(options, [spec, taught], ['teachers', 'student', 'data', 'continueFrom', 'ensemble']);
  const data = expectData(options.data ?? teachers[0]?.data, 'distill');
  return fit({ spec, method: taught, teachers, data, given, ...defined({ continueFrom, ensemble }) }, options);
}

/** @throws RecdistillError `needs-not-met` for a co-trained method */
function taughtBy(method: MethodSpec): TeachingMethod {
  if (!isCoTrained(method)) return method;
  const hint = `Train both first, then call coTrain('${method.name}', { teacher, student }).`;
  return fail('needs-not-met', { problem: `${method.name} trains a teacher and a student together`, hint });
}

interface Fit {
  readonly spec: ModelSpec;
  readonly method: TeachingMethod;
  readonly teachers: readonly Run[];
  readonly data: Data;
  /** Options of the model and of the method. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly continueFrom?: string;
  readonly ensemble?: NameOr<EnsembleName> | EnsembleKind;
}

async function fit(
  { spec, method, teachers, data, given, continueFrom, ensemble }: Fit,
  call: CallOptions,
): Promise<Run> {
  const start = continueFrom === undefined ? undefined : await readStart(continueFrom);
  const { folder } = call;
  const source = sourceOf(data);
  let kept: Readonly<Record<string, ArrayLike<number>>> = {};
  const job = await withKernels(call.kernels, (kernels) =>
    runJob(
      {
        ...{ dataset: data, kernels, model: spec.name, method: method.name, options: given },
        ...{ teachers: teachers.map(teacherOf), ...requestOf(call) },
        ...defined({ start, source, ensemble, listen: call.listen }),
      },
      (model) => {
        // A run in a folder reads its parameters from there on demand.
        if (folder === undefined) kept = copyOf(model);
      },
    ),
  );
  const run = createRun({
    name: call.name ?? nameOf(spec.name, method.name),
    ...{ data, outcome: job, teachers: teachers.map((t) => t.name) },
    hash: job.teacher.hash,
    ...(folder === undefined ? {} : { folder }),
    parameters: () => (folder === undefined ? kept : readSavedModel(folder).parameters),
  });
  remember(run, { teachers, start });
  if (!call.final) return run;
  const whole: Run = { ...run, final: await finalOf(run, call) };
  remember(whole, { teachers, start });
  return whole;
}

export const nameOf = (model: string, method: string): string => (method === 'none' ? model : `${model}-${method}`);
