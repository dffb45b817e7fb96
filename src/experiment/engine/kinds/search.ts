/** A search of options on valid: a run folder with the log of its trials, from which it continues. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../../data/index.js';
import { isCoTrained, methodOf, type Pair } from '../../../distill/index.js';
import { fail } from '../../../errors.js';
import { createEvaluator } from '../../../eval/index.js';
import { modelOf } from '../../../models/index.js';
import {
  coTrainedOnly,
  memoryNeeded,
  openRunFolder,
  pairInputs,
  planCoTraining,
  type RunSpec,
  revisionsOf,
  runHash,
  type SavedModel,
  SEARCH_LOG,
  splitOptions,
  type Teacher,
  teacherInputs,
  usesOf,
} from '../../../runs/index.js';
import {
  openTrialLog,
  readTrials,
  rungsOf,
  runTrial,
  type Subject,
  searchSubject,
  startOf,
  strategyOf,
  taughtSubject,
} from '../../search/index.js';
import type { SearchJob, Setting, Values } from '../job.js';
import type { ResultPlan, ShippedKind, Workplace } from './_kind.js';
import { pairOf, savedPair } from './co-train.js';

export const searchKind: ShippedKind<SearchJob> = {
  plan(job, { setting, dataset, evaluator, inputs }) {
    if (!evaluator.selects) {
      fail('needs-not-met', {
        problem: `${dataset.name} has no valid part, by which trials are judged`,
        hint: 'Split the data with a share for valid.',
      });
    }
    const spec = specOf(job, setting, dataset.fingerprint, inputsOf(job, inputs));
    return {
      results: [{ name: job.name, place: '', teacher: '', spec, hash: runHash(spec) }],
      memory: memoryOf(job, dataset, inputs),
    };
  },
  isFinished(folder, job) {
    const log = join(folder, SEARCH_LOG);
    return existsSync(log) && readTrials(log).length >= job.rule.trials;
  },
  async perform(job, task, workplace, control) {
    const { setting, folder, overwrite } = task;
    const { model, method, options } = settled(job);
    const pair = job.start === undefined ? undefined : control.pair(job.start);
    const teachers = pair ? [] : control.teachers();
    const inputs = pair
      ? pairInputs({ teacher: pair.teacher.hash, student: pair.student.hash })
      : teacherInputs(teachers.map(({ trajectory, hash }) => ({ name: trajectory.teacher, hash })));
    const spec = specOf(job, setting, workplace.dataset.fingerprint, inputs);
    const uses = usesOf([model, method, strategyOf(job.rule.strategy)], options);
    const run =
      folder === undefined
        ? undefined
        : openRunFolder(folder, spec, { threads: workplace.kernels.threads, overwrite, ...uses });
    try {
      const log = openTrialLog(run?.path);
      const before = log.trials.length;
      await searchSubject(subjectOf(job, setting, workplace, teachers, pair), {
        ...{ options: job.rule, log, signal: control.signal },
        listen: (event) => control.listen({ type: 'search', event }),
      });
      return { trials: log.trials, reused: log.trials.length === before };
    } finally {
      run?.close();
    }
  },
};

/** The model, the method, and all options of the first trial; of a co-trained method only its own are searched and kept. */
function settled({ model: name, method: how, options: given }: SearchJob) {
  const [model, method] = [modelOf(name), methodOf(how)];
  const { modelOptions, methodOptions } = splitOptions(model, method, given);
  const options = isCoTrained(method) ? methodOptions : { ...modelOptions, ...methodOptions };
  return { model, method, options, modelOptions };
}

/** The number of trials is not part of it: a search may be made longer. */
function specOf(
  job: SearchJob,
  { evaluation }: Setting,
  dataFingerprint: string,
  inputs: Readonly<Record<string, string>>,
): RunSpec {
  const { model, method, options } = settled(job);
  const { trials: _, ...search } = job.rule;
  const all = { model: model.name, method: method.name, ...options, ...evaluation, search, space: job.space };
  return {
    kind: 'tune',
    options: JSON.parse(JSON.stringify(all)) as Values,
    ...{ dataFingerprint, inputs, revisions: revisionsOf([model, method]) },
  };
}

function inputsOf(job: SearchJob, inputs: readonly ResultPlan[]): Readonly<Record<string, string>> {
  if (job.start === undefined) return teacherInputs(inputs.map(({ teacher, hash }) => ({ name: teacher, hash })));
  const { teacher, student } = pairOf(job.name, job.start, inputs);
  return pairInputs({ teacher: teacher.hash, student: student.hash });
}

/** Of the first trial. @throws RecdistillError as `planCoTraining` */
function memoryOf(job: SearchJob, dataset: Dataset, inputs: readonly ResultPlan[]): number {
  const { model, method, modelOptions, options } = settled(job);
  if (job.start === undefined) return memoryNeeded(model, modelOptions, dataset);
  const saved = savedPair(pairOf(job.name, job.start, inputs), dataset.fingerprint);
  return planCoTraining(coTrainedOnly(method), saved, options, dataset).memory;
}

function subjectOf(
  job: SearchJob,
  { evaluation }: Setting,
  { dataset, kernels }: Workplace,
  teachers: readonly Teacher[],
  pair: Pair<SavedModel> | undefined,
): Subject {
  const { model: spec, method, options } = settled(job);
  const evaluator = createEvaluator(dataset, evaluation);
  const { subject: name, space, rule: halving, options: given } = job;
  if (method.name !== 'none') {
    const named = teachers.map((t) => ({ ...t, name: t.trajectory.teacher }));
    const student = { name, dataset, kernels, evaluator, spec, method, given, space, halving, teachers: named };
    return taughtSubject({ ...student, ...(pair ? { pair } : {}) });
  }
  const { epochs, evaluateEvery } = options;
  const length = { epochs: Number(epochs), evaluateEvery: Number(evaluateEvery) };
  return {
    ...{ name, space, start: startOf(space, options), epochs: Number(epochs ?? 0) },
    rungs: spec.kind === 'trained' ? rungsOf(length, halving) : [],
    run: (point, trial) =>
      runTrial({
        ...{ dataset, kernels, spec, evaluator, ...trial },
        options: splitOptions(spec, method, { ...given, ...point }).modelOptions,
      }),
  };
}
