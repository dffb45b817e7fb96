/** Searches, pipelines and studies with the shared kernels. */

import { basename, dirname, resolve } from 'node:path';
import { defined } from '../defined.js';
import type { MethodSpec } from '../distill/index.js';
import { fail } from '../errors.js';
import {
  type PipelineResult,
  type PlanContext,
  type PlanListener,
  runPipeline as pipeline,
  type SearchEvent,
  type StudyContext,
  type StudyResult,
  tune as search,
  runStudy as study,
  type Trial,
  type tuneOptions,
} from '../experiment/index.js';
import { type ModelName, type ModelSpec, modelOf } from '../models/index.js';
import { type OptionsInput, parseOptions, type SearchSpace } from '../options/index.js';
import { dataSizeOf } from '../runs/index.js';
import { type CallOptions, requestOf } from './call.js';
import { expectOptions } from './check.js';
import { type Data, expectData } from './data.js';
import { withKernels } from './kernels.js';
import type { PipelineInput, StudyInput } from './plan-input.js';
import type { ModelOptions } from './train.js';

/**
 * Runs a pipeline from data to students. `runPipeline` of `recdistill/experiment` does the same for a plan that is data, such as a parsed file.
 * @throws RecdistillError for invalid input, before any work; as `train`
 */
export const runPipeline = <D extends MethodSpec = never>(
  input: PipelineInput<D>,
  context: PlanContext = {},
): Promise<PipelineResult> =>
  context.executor
    ? pipeline(input, context)
    : withKernels(context.kernels, (kernels) => pipeline(input, { ...context, kernels }));

/** Compares distillation methods for one student over several seeds. @throws as `runPipeline` */
export const runStudy = (input: StudyInput, context: StudyContext): Promise<StudyResult> =>
  context.executor
    ? study(input, context)
    : withKernels(context.kernels, (kernels) => study(input, { ...context, kernels }));

interface TuneCall
  extends OptionsInput<typeof tuneOptions>,
    Pick<CallOptions, 'at' | 'selectBy' | 'evalUsers' | 'folder' | 'kernels' | 'signal'> {
  readonly data: Data;
  /** Replaces the search space of the model. */
  readonly space?: SearchSpace;
  readonly overwrite?: boolean;
  readonly listen?: (event: SearchEvent) => void;
}

/** Events of the search only. */
const searching =
  (listen: (event: SearchEvent) => void): PlanListener =>
  (event) => {
    if (event.type === 'progress' && event.event.type === 'search') listen(event.event.event);
  };

/** Options of `tune`. `fixed` are model options that every trial has. */
export type TuneOptions<M> = TuneCall & { readonly fixed?: ModelOptions<M> };

/** The result of a search. */
export interface Tuned<M> {
  /** Options of the best trial, for `train` or `distill`. */
  readonly options: ModelOptions<M>;
  /** Its metric on valid. */
  readonly value: number;
  /** All trials, best first. */
  readonly trials: readonly Trial[];
}

/**
 * Searches the options of a model on valid: `train('ials', { data, ...(await tune('ials', { data, trials: 20 })).options })`.
 * @throws RecdistillError `bad-space`, `unknown-option`, `bad-option`, `needs-not-met` if there is no valid part or every trial failed,
 *   `interrupted`; with a folder as `train`
 */
export async function tune<M extends ModelName | ModelSpec>(model: M, options: TuneOptions<M>): Promise<Tuned<M>>;
export async function tune(
  model: ModelName | ModelSpec,
  options: Partial<TuneOptions<ModelSpec>> = {},
): Promise<Tuned<ModelSpec>> {
  const spec = modelOf(model);
  expectOptions(options, 'tune');
  const {
    data: given,
    space,
    fixed,
    listen,
    kernels: own,
    overwrite = false,
    at,
    selectBy,
    evalUsers,
    folder,
    signal,
    ...rest
  } = options;
  const data = expectData(given, 'tune');
  const { evaluation } = requestOf({ ...defined({ at, selectBy, evalUsers }) });
  const { searches } = await withKernels(own, (kernels) =>
    search({
      ...{ dataset: data, kernels, models: [spec.name], options: rest, evaluation, overwrite },
      ...defined({ signal, fixed }),
      ...(folder === undefined ? {} : { runs: dirname(resolve(folder)), name: basename(folder), reuse: false }),
      ...(listen ? { listen: searching(listen) } : {}),
      ...(space ? { spaces: { [spec.name]: space } } : {}),
    }),
  );
  const { best, trials } = searches[0]!;
  if (best?.trial.value === undefined) {
    const why = trials[0]?.error?.message ?? 'no trial was finished';
    return fail('needs-not-met', {
      problem: `every trial of ${spec.name} failed: ${why}`,
      hint: 'Use a smaller search space.',
    });
  }
  const all = parseOptions(spec.options, best.options, spec.name, dataSizeOf(data));
  return { options: all, value: best.trial.value, trials };
}
