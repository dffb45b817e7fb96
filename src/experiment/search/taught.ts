/** What is searched when a student learns by a method: options of both, or, of a co-trained method, its own options alone. */
import type { Dataset } from '../../data/index.js';
import { type CoTrainedMethod, isCoTrained, type MethodSpec, type TeachingMethod } from '../../distill/index.js';
import type { Evaluator } from '../../eval/index.js';
import type { Kernels } from '../../kernels/index.js';
import type { ModelSpec } from '../../models/index.js';
import type { SearchSpace } from '../../options/index.js';
import { coTrainedOnly, planCoTraining, splitOptions, teachingOnly } from '../../runs/index.js';
import { type HalvingOptions, rungsOf } from './halving.js';
import type { Teachers } from './plan.js';
import { type Subject, startOf } from './search.js';
import { runCoTrainTrial, runTrial } from './trial.js';

type Values = Readonly<Record<string, unknown>>;

export interface TaughtStudent extends Teachers {
  /** As in the log. */
  readonly name: string;
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  readonly evaluator: Evaluator;
  readonly spec: ModelSpec;
  readonly method: MethodSpec;
  /** Options that every trial has, of the student and of the method. */
  readonly given: Values;
  readonly space: SearchSpace;
  readonly halving: HalvingOptions;
}

/** @throws RecdistillError as `splitOptions`, `planCoTraining` */
export const taughtSubject = (t: TaughtStudent): Subject =>
  isCoTrained(t.method) ? coTrainedSubject(t, coTrainedOnly(t.method)) : distilledSubject(t, teachingOnly(t.method));

function distilledSubject(t: TaughtStudent, method: TeachingMethod): Subject {
  const { dataset, kernels, evaluator, spec, given, teachers = [] } = t;
  const { modelOptions, methodOptions } = splitOptions(spec, method, given);
  return {
    ...searchOf(t, { ...modelOptions, ...methodOptions }, modelOptions),
    run(point, trial) {
      const dealt = splitOptions(spec, method, { ...given, ...point });
      const teaching = { method, methodOptions: dealt.methodOptions, teachers };
      return runTrial({ ...{ dataset, kernels, spec, evaluator, teaching, ...trial }, options: dealt.modelOptions });
    },
  };
}

function coTrainedSubject(t: TaughtStudent, method: CoTrainedMethod): Subject {
  const { dataset, kernels, evaluator, given, pair } = t;
  if (!pair) throw new TypeError(`${method.name} needs a teacher and a student to start from`);
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => name in method.options.shape));
  const { options, sides } = planCoTraining(method, pair, own, dataset);
  return {
    ...searchOf(t, options, { ...sides[1].options }),
    run(point, trial) {
      const plan = planCoTraining(method, pair, { ...own, ...point }, dataset);
      return runCoTrainTrial({ dataset, kernels, evaluator, plan, ...trial });
    },
  };
}

/** @param training options that say how long a trial is */
function searchOf({ name, space, halving }: TaughtStudent, defaults: Values, training: Values): Omit<Subject, 'run'> {
  const { epochs, evaluateEvery } = training;
  const length = { epochs: Number(epochs), evaluateEvery: Number(evaluateEvery) };
  return { name, space, start: startOf(space, defaults), epochs: length.epochs, rungs: rungsOf(length, halving) };
}
