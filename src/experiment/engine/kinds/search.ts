/** A search of options on valid. Its run folder has the log of the trials, from which a search continues. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../../../data/index.js';
import { defined } from '../../../defined.js';
import { isCoTrained, methodOf } from '../../../distill/index.js';
import { fail } from '../../../errors.js';
import { createEvaluator, evaluationFor } from '../../../eval/index.js';
import type { Arithmetic } from '../../../kernels/index.js';
import { modelOf } from '../../../models/index.js';
import {
  checkEnsemble,
  checkHeldOut,
  chosenKind,
  coTrainedOnly,
  dataSizeOf,
  memoryNeeded,
  openRunFolder,
  pairInputs,
  planCoTraining,
  type RunSpec,
  recordedArithmetic,
  revisionsOf,
  runHash,
  SEARCH_LOG,
  splitOptions,
  teacherInputs,
  usesOf,
} from '../../../runs/index.js';
import { openTrialLog, readTrials, searchSubject, strategyOf, subjectOf } from '../../search/index.js';
import type { SearchJob, Setting, Values } from '../job.js';
import type { JobKind, ResultPlan } from './_kind.js';
import { pairOf, savedPair } from './co-train.js';

export const searchKind: JobKind<SearchJob> = {
  plan(job, { setting, dataset, evaluator, inputs, arithmetic }) {
    if (!evaluator.selects) {
      fail('needs-not-met', {
        problem: `${dataset.name} has no valid part, on which trials are evaluated`,
        hint: 'Split the data with a share for valid.',
      });
    }
    checkHeldOut(modelOf(job.model), dataset);
    const spec = specOf(job, setting, dataset, {
      dataFingerprint: dataset.fingerprint,
      arithmetic,
      inputs: inputsOf(job, inputs),
    });
    return {
      results: [{ name: job.name, place: '', teacher: '', spec, hash: runHash(spec) }],
      memory: memoryOf(job, dataset, inputs),
    };
  },
  isFinished(folder, job) {
    const log = join(folder, SEARCH_LOG);
    return existsSync(log) && readTrials(log).length >= job.rule.trials;
  },
  async perform(job, task, context, control) {
    const { setting, folder, overwrite } = task;
    const { model, method, options } = startOf(job, context.dataset);
    const pair = job.start === undefined ? undefined : control.pair(job.start);
    const teachers = pair ? [] : control.teachers();
    const inputs = pair
      ? pairInputs({ teacher: pair.teacher.hash, student: pair.student.hash })
      : teacherInputs(teachers.map(({ trajectory, hash }) => ({ name: trajectory.teacher, hash })));
    const spec = specOf(job, setting, context.dataset, {
      ...{ dataFingerprint: context.dataset.fingerprint, arithmetic: context.kernels.arithmetic, inputs },
    });
    const uses = usesOf([model, method, strategyOf(job.rule.strategy)], {
      ...options,
      ...defined({ ensemble: job.ensemble }),
    });
    const run =
      folder === undefined
        ? undefined
        : openRunFolder(folder, spec, { threads: context.kernels.threads, overwrite, ...uses });
    try {
      const log = openTrialLog(run);
      const before = log.trials.length;
      const subject = subjectOf({
        ...{ ...context, evaluator: createEvaluator(context.dataset, setting.evaluation), spec: model, method },
        ...{
          name: job.subject,
          given: job.options,
          space: job.space,
          halving: job.rule,
        },
        ...defined({ ensemble: job.ensemble }),
        ...(pair ? { pair } : { teachers: teachers.map((t) => ({ ...t, name: t.trajectory.teacher })) }),
      });
      await searchSubject(subject, {
        ...{ options: job.rule, log, signal: control.signal },
        listen: (event) => control.listen({ type: 'search', event }),
      });
      return { trials: log.trials, reused: log.trials.length === before };
    } finally {
      run?.close();
    }
  },
};

/** The model, the method, and all options of the first trial. With a co-trained method these are the options of the method alone. */
function startOf({ model: name, method: how, options: given }: SearchJob, dataset: Dataset) {
  const [model, method] = [modelOf(name), methodOf(how)];
  const { modelOptions, methodOptions } = splitOptions(model, method, given, dataSizeOf(dataset));
  const options = isCoTrained(method) ? methodOptions : { ...modelOptions, ...methodOptions };
  return { model, method, options, modelOptions };
}

/** The number of trials is not part of the spec, so that a search can be continued with more trials. */
function specOf(
  job: SearchJob,
  { evaluation }: Setting,
  dataset: Dataset,
  { arithmetic, ...given }: Pick<RunSpec, 'dataFingerprint' | 'inputs'> & { readonly arithmetic: Arithmetic },
): RunSpec {
  const { model, method, options } = startOf(job, dataset);
  const { trials: _, ...search } = job.rule;
  checkEnsemble(job.ensemble, method);
  const kind = chosenKind(job.ensemble, Object.keys(given.inputs ?? {}).length);
  const ensemble = kind ? { ensemble: kind.name } : {};
  const all = {
    model: model.name,
    method: method.name,
    ...options,
    ...evaluationFor(evaluation, dataset.train),
    ...ensemble,
    search,
    space: job.space,
  };
  return {
    kind: 'tune',
    options: JSON.parse(JSON.stringify(all)) as Values,
    ...{ ...given, revisions: revisionsOf([model, method, strategyOf(job.rule.strategy), kind], options) },
    ...recordedArithmetic(arithmetic),
  };
}

function inputsOf(job: SearchJob, inputs: readonly ResultPlan[]): Readonly<Record<string, string>> {
  if (job.start === undefined) return teacherInputs(inputs.map(({ teacher, hash }) => ({ name: teacher, hash })));
  const { teacher, student } = pairOf(job.name, job.start, inputs);
  return pairInputs({ teacher: teacher.hash, student: student.hash });
}

/** Checkpoints of a teacher, and its observed items. */
const TEACHER_LISTS = 5;

/** Memory of the first trial, in bytes. @throws RecdistillError as `planCoTraining` */
function memoryOf(job: SearchJob, dataset: Dataset, inputs: readonly ResultPlan[]): number {
  const { model, method, modelOptions, options } = startOf(job, dataset);
  if (job.start === undefined)
    return memoryNeeded({ spec: model, options: modelOptions, dataset, storedLists: inputs.length * TEACHER_LISTS });
  const saved = savedPair(pairOf(job.name, job.start, inputs), dataset.fingerprint);
  return planCoTraining(coTrainedOnly(method), saved, options, dataset).memory;
}
