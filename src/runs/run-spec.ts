/** What names a run of one model: its spec follows from the request alone, so that its hash is known before anything is trained. */
import { type EnsembleKind, methodOf, type TeachingMethod } from '../distill/index.js';
import { type EvaluationOptions, evaluationFor } from '../eval/evaluation.js';
import type { Arithmetic } from '../kernels/index.js';
import { type ModelSpec, modelOf } from '../models/index.js';
import type { DataSize } from '../options/from-data.js';
import { parseOptions } from '../options/options.js';
import type { StudentBundle } from '../student/index.js';
import { type TrajectoryOptions, trajectoryOptions } from '../train/index.js';
import { optionsToContinue } from './continue-from.js';
import { checkEnsemble, chosenKind } from './ensemble.js';
import { fromDataText } from './from-data.js';
import { splitOptions, teachingOnly } from './method.js';
import type { JobRequest } from './request.js';
import { revisionsOf } from './revisions.js';
import { type RunSpec, recordedArithmetic } from './run-manifest.js';

export interface RunRequest
  extends Pick<JobRequest, 'model' | 'method' | 'options' | 'evaluation' | 'trajectory' | 'ensemble'> {
  readonly dataFingerprint: string;
  /** Of the data, for defaults that follow from it. */
  readonly size: DataSize;
  readonly arithmetic: Arithmetic;
  /** The teachers by the names that their trajectories have, with the hashes of their runs. */
  readonly teachers: readonly { readonly name: string; readonly hash: string }[];
  readonly start?: StudentBundle | undefined;
}

/** A request with every option checked and filled in. */
export interface RunPlan {
  readonly model: ModelSpec;
  readonly method: TeachingMethod;
  readonly modelOptions: Readonly<Record<string, unknown>>;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  /** How the teachers are weighed; absent if their weights are equal. */
  readonly ensemble?: EnsembleKind;
  readonly spec: RunSpec;
  /** Says which defaults followed from the data; undefined if none did. */
  readonly fromData: string | undefined;
}

/** @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `needs-not-met` */
export function planRun(request: RunRequest): RunPlan {
  const { teachers, start, dataFingerprint, size, arithmetic, options: given = {} } = request;
  const model = modelOf(request.model);
  const method = teachingOnly(methodOf(request.method ?? 'none'));
  const asked = start ? optionsToContinue(model, method, start, given) : given;
  const { modelOptions, methodOptions } = splitOptions(model, method, asked, size);
  checkEnsemble(request.ensemble, method);
  const ensemble = chosenKind(request.ensemble, teachers.length);
  const evaluation = evaluationFor(request.evaluation, size);
  const trajectory = parseOptions(trajectoryOptions, request.trajectory, 'trajectory');
  const spec: RunSpec = {
    kind: 'train',
    options: {
      model: model.name,
      method: method.name,
      ...modelOptions,
      ...methodOptions,
      ...evaluation,
      ...trajectory,
      ...(ensemble ? { ensemble: ensemble.name } : {}),
    },
    dataFingerprint,
    inputs: {
      ...teacherInputs(teachers),
      ...(start ? { 'bundle before': start.manifest.namedFrom ?? start.manifest.sha256 } : {}),
    },
    revisions: revisionsOf([model, method, ensemble], modelOptions),
    ...recordedArithmetic(arithmetic),
  };
  const fromData = fromDataText(model, method, asked, { ...modelOptions, ...methodOptions }, size);
  const plan = { model, method, modelOptions, methodOptions, evaluation, trajectory, spec, fromData };
  return { ...plan, ...(ensemble ? { ensemble } : {}) };
}

/** Teachers as inputs of a run: their order matters. */
export const teacherInputs = (teachers: RunRequest['teachers']): Readonly<Record<string, string>> =>
  Object.fromEntries(teachers.map(({ name, hash }, at) => [`teacher ${at + 1}: ${name}`, hash]));
