/** The subject of a search: a model, a student with its distillation method, or the joint training of a co-trained method. */
import { type CoTrainedMethod, isCoTrained, type MethodSpec, type TeachingMethod } from '../../distill/index.js';
import type { ModelSpec } from '../../models/index.js';
import { ownOptions, type SearchPoint, type SearchSpace, type SearchValue } from '../../options/index.js';
import type { Progress } from '../../progress.js';
import {
  checkWeighing,
  chosenKind,
  coTrainedOnly,
  dataSizeOf,
  importanceOf,
  planCoTraining,
  splitOptions,
  teachingOnly,
  weighTeachers,
} from '../../runs/index.js';
import type { Listener } from '../../train/index.js';
import { type HalvingOptions, rungsOf } from './halving.js';
import type { Teachers } from './plan.js';
import { runCoTrainTrial, runTrial, type TrialOutcome, type TrialTask, type Values } from './trial.js';

/** What is searched, and how a trial is run. */
export interface Subject {
  /** As in the log. */
  readonly name: string;
  readonly space: SearchSpace;
  /** Options of the first trial. */
  readonly start: SearchPoint;
  /** Most epochs of a trial; 0 for a model that is computed in closed form. */
  readonly epochs: number;
  /** Epochs at which a trial may be stopped. */
  readonly rungs: readonly number[];
  run(
    point: SearchPoint,
    trial: { stops(epoch: number, best: number): boolean; readonly listen: Listener; readonly signal?: AbortSignal },
  ): Promise<TrialOutcome>;
}

export interface SubjectTask extends Teachers, Pick<TrialTask, 'dataset' | 'kernels' | 'evaluator' | 'spec'> {
  /** As in the log. */
  readonly name: string;
  /** `none` for a model without teachers. */
  readonly method: MethodSpec;
  /** Options of every trial, of the model and the method. */
  readonly given: Values;
  readonly space: SearchSpace;
  readonly halving: HalvingOptions;
}

/** @throws RecdistillError as `splitOptions`, `planCoTraining` */
export function subjectOf(task: SubjectTask): Subject {
  if (isCoTrained(task.method)) return coTrainedSubject(task, coTrainedOnly(task.method));
  const { dataset, kernels, evaluator, spec, given, teachers = [] } = task;
  const weightsFor = weighing(task);
  const method = teachingOnly(task.method);
  const size = dataSizeOf(dataset);
  const { modelOptions, methodOptions } = splitOptions(spec, method, given, size);
  return {
    ...searchOf(task, { ...modelOptions, ...methodOptions }, modelOptions, spec),
    run(point, trial) {
      const { modelOptions: options, methodOptions } = splitOptions(spec, method, { ...given, ...point }, size);
      const weights = (progress: Progress) => weightsFor(method, methodOptions, progress);
      const teaching = method.name === 'none' ? {} : { teaching: { method, methodOptions, teachers, weights } };
      return runTrial({ dataset, kernels, spec, evaluator, options, ...teaching, ...trial });
    },
  };
}

/** Weights of the teachers for a trial. They are chosen once for each way in which the options fuse the lists. */
function weighing({ dataset, evaluator, ensemble, teachers = [] }: SubjectTask) {
  const kind = chosenKind(ensemble, teachers.length);
  if (kind) checkWeighing(kind, evaluator, dataset);
  const known = new Map<string, readonly number[]>();
  return async (method: TeachingMethod, methodOptions: Values, progress: Progress) => {
    if (!kind) return undefined;
    const { temperature, cutoff } = importanceOf(method, methodOptions, teachers);
    const key = `${temperature} ${cutoff}`;
    const step = progress.task('choosing the weights of teachers');
    const importance = { importance: 'rank', temperature, cutoff } as const;
    const weigh = () => weighTeachers(teachers, { kind, dataset, evaluator, step, importance });
    const weights = known.get(key) ?? (await weigh()).members.map((m) => m.weight);
    known.set(key, weights);
    return weights;
  };
}

function coTrainedSubject(task: SubjectTask, method: CoTrainedMethod): Subject {
  const { dataset, kernels, evaluator, given, pair } = task;
  if (!pair) throw new TypeError(`${method.name} needs a teacher and a student to start from`);
  const own = ownOptions(method.options, given);
  const { options, sides } = planCoTraining(method, pair, own, dataset);
  const student = sides[1];
  return {
    ...searchOf(task, options, { ...student.options }, student.spec),
    run(point, trial) {
      const plan = planCoTraining(method, pair, { ...own, ...point }, dataset);
      return runCoTrainTrial({ dataset, kernels, evaluator, plan, ...trial });
    },
  };
}

/**
 * @param defaults options of the first trial
 * @param training options of the trained model, which set the length of a trial
 */
function searchOf(
  { name, space, halving }: SubjectTask,
  defaults: Values,
  training: Values,
  { kind }: Pick<ModelSpec, 'kind'>,
): Omit<Subject, 'run'> {
  const epochs = Number(training.epochs ?? 0);
  const rungs = kind === 'trained' ? rungsOf({ epochs, evaluateEvery: Number(training.evaluateEvery) }, halving) : [];
  return { name, space, start: startOf(space, defaults), epochs, rungs };
}

/** The searched options among `defaults`. An option without a default is left out. */
const startOf = (space: SearchSpace, defaults: Values): SearchPoint =>
  Object.fromEntries(
    Object.keys(space).flatMap((name) => (defaults[name] === undefined ? [] : [[name, defaults[name] as SearchValue]])),
  );
