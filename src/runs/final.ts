/**
 * The final fit: after a run was evaluated, its model is trained again on all interactions, with the same options, the number of epochs that was
 * chosen, and a trajectory of the same epochs. Nothing is evaluated by it; its figures are those of the evaluated run.
 */
import { type Dataset, finalDataset } from '../data/index.js';
import { methodOf } from '../distill/index.js';
import { fail } from '../errors.js';
import { evaluationOptions } from '../eval/evaluation.js';
import { modelOf } from '../models/index.js';
import { ownOptions, parseOptions } from '../options/options.js';
import { trajectoryOptions } from '../train/index.js';
import { runPlanned } from './job.js';
import { teachingOnly } from './method.js';
import type { Job, RepeatedRun, Teacher, Use } from './outcome.js';
import type { JobRequest } from './request.js';
import { changedRevisions, revisionsOf } from './revisions.js';
import { FINAL, recordedArithmetic } from './run-manifest.js';
import { type RunPlan, teacherInputs } from './run-spec.js';

export interface FinalRequest
  extends Pick<JobRequest, 'kernels' | 'folder' | 'overwrite' | 'source' | 'signal' | 'start' | 'listen'> {
  /** The data of the evaluated run. */
  readonly dataset: Dataset;
  readonly repeated: RepeatedRun;
  /** Revisions of the code of the evaluated run. */
  readonly revisions?: Readonly<Record<string, number>>;
  /** The final fits of its teachers, in their order. */
  readonly teachers: readonly Teacher[];
}

/**
 * @param use as of `runJob`
 * @throws RecdistillError `needs-not-met` for an evaluated run of other code, or data that holds out nothing; otherwise as `runJob`
 */
export async function finalFit(request: FinalRequest, use?: Use): Promise<Job> {
  const { dataset, repeated, teachers, ...rest } = request;
  const whole = finalDataset(dataset);
  if (whole.fingerprint === repeated.dataFingerprint)
    fail('needs-not-met', {
      problem: 'the run was trained on all interactions already: nothing was held out',
      hint: 'Leave out --final.',
    });
  const plan = planFinal(request, whole);
  return runPlanned(plan, { ...rest, dataset: whole, teachers, model: plan.model, method: plan.method }, use, repeated);
}

function planFinal({ repeated, teachers, start, kernels, revisions }: FinalRequest, whole: Dataset): RunPlan {
  const { model: name, method: taughtBy, options } = repeated.result;
  const [model, method] = [modelOf(name), teachingOnly(methodOf(taughtBy))];
  const modelOptions = parseOptions(model.options, ownOptions(model.options, options), name);
  const now = revisionsOf([model, method], modelOptions);
  const changed = revisions ? changedRevisions(revisions, now) : '';
  if (changed !== '')
    fail('needs-not-met', {
      problem: `the run was made with different code (${changed}), so a final fit would not repeat it`,
      hint: 'Train and evaluate it again, then make its final fit.',
    });
  return {
    ...{ model, method, modelOptions },
    methodOptions: parseOptions(method.options, ownOptions(method.options, options), taughtBy),
    evaluation: parseOptions(evaluationOptions, ownOptions(evaluationOptions, options), 'evaluation'),
    trajectory: parseOptions(trajectoryOptions, ownOptions(trajectoryOptions, options), 'trajectory'),
    spec: {
      ...{ kind: FINAL, options, dataFingerprint: whole.fingerprint, revisions: now },
      inputs: {
        ...teacherInputs(teachers.map(({ trajectory, hash }) => ({ name: trajectory.teacher, hash }))),
        ...(start ? { 'bundle before': start.manifest.namedFrom ?? start.manifest.sha256 } : {}),
        'evaluated run': repeated.hash,
      },
      ...recordedArithmetic(kernels.arithmetic),
    },
    // The evaluated run has said which they are.
    fromData: undefined,
  };
}
