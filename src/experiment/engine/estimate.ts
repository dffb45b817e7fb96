/** What running the jobs of a graph would do, and an estimate of its time and memory. Nothing is run. */

import { count, type Dataset } from '../../data/index.js';
import { RecdistillError } from '../../errors.js';
import type { Kernels } from '../../kernels/index.js';
import type { MemoryPart } from '../../memory/index.js';
import { modelOf } from '../../models/index.js';
import { ownOptions } from '../../options/options.js';
import { isFinishedRun, readFinishedResult } from '../../runs/index.js';
import { SPEED, workOf, workRate } from './cost.js';
import type { JobSpec, Values } from './job.js';
import { type MeasuredTeaching, measuredSeconds, secondsOfComputed } from './measure.js';
import { type JobState, type PreparedGraph, type PreparedJob, stateOf } from './prepare.js';
import type { Store } from './store.js';

export interface JobEstimate {
  readonly name: string;
  readonly kind: JobSpec['kind'];
  readonly model?: string;
  readonly method?: string;
  /** Names of the results that it learns from. */
  readonly teachers: readonly string[];
  /** Of its only result. */
  readonly hash?: string;
  readonly state: JobState['state'];
  /** Another name under which it is finished. */
  readonly from?: string;
  /** Of the newest checkpoint of a run that was stopped. */
  readonly epoch?: number;
  /** Why it cannot be run. */
  readonly problem?: string;
  /** Upper estimate in bytes; absent for a finished job. */
  readonly memoryBytes?: number;
  /** What it is the sum of. */
  readonly memoryParts?: readonly MemoryPart[];
  /**
   * Estimate, from finished runs of the same model, method and data, else from the amount of work and a short measurement of this machine.
   * Absent for a finished job, and where the work is not known.
   */
  readonly seconds?: number;
}

/** Milliseconds after which no further model is measured. */
const MOST_MEASURING = 10_000;

/**
 * @param kernels to estimate the time of jobs without a finished run of the same model and method, from their work and a measurement
 * @param undecided whether the options of a job are not known yet, because they follow from a search that is not finished
 * @returns the jobs, in the order of the graph
 */
export async function estimateJobs(
  { jobs, store, dataset }: PreparedGraph,
  kernels?: Kernels,
  undecided: (job: JobSpec) => boolean = () => false,
): Promise<JobEstimate[]> {
  const times = store ? timesIn(store, dataset) : [];
  let rate: number | undefined;
  const began = performance.now();
  const secondsOf = async ({ job, plan }: PreparedJob, state: JobState): Promise<number | undefined> => {
    if (job.kind !== 'train' && job.kind !== 'search') return undefined;
    const { options } = plan.results[0]!.spec;
    const known = timeFrom(times, options, state);
    if (known !== undefined) return job.kind === 'search' ? known * job.rule.trials : known;
    if (!kernels) return undefined;
    const training = { model: job.model, method: job.method, options, epochs: leftOf(options, state) };
    const trials = job.kind === 'search' ? job.rule.trials : 1;
    const work = workLeft(dataset, training);
    if (work !== undefined && work < LITTLE) return (work / SPEED) * trials;
    rate ??= workRate(kernels);
    const byWork = work === undefined ? undefined : work / rate;
    if (byWork !== undefined && byWork < LEAST_MEASURED && isTrained(job.model)) return byWork * trials;
    const measured =
      performance.now() - began < MOST_MEASURING ? await measuredTraining(kernels, dataset, training) : undefined;
    const once = measured ?? byWork;
    return once === undefined ? undefined : once * trials;
  };
  const estimates: JobEstimate[] = [];
  for (const prepared of jobs) {
    const { job, plan, inputs } = prepared;
    const isOpen = undecided(job);
    const state: JobState = isOpen ? { state: 'new' } : stateOf(prepared, store);
    const isFinished = state.state === 'finished';
    const from = isFinished ? state.results[0]?.from : undefined;
    const seconds = isFinished ? undefined : await secondsOf(prepared, state);
    const [only, ...more] = plan.results;
    estimates.push({
      ...{ name: job.name, kind: job.kind, teachers: inputs.map((input) => input.name), state: state.state },
      ...('model' in job ? unitsOf(job) : {}),
      ...(only && more.length === 0 && !isOpen ? { hash: only.hash } : {}),
      ...(from === undefined ? {} : { from }),
      ...(state.state === 'begun' && state.epoch !== undefined ? { epoch: state.epoch } : {}),
      ...(state.state === 'refused' ? { problem: state.error.message } : {}),
      ...(isFinished || plan.memory === undefined ? {} : { memoryBytes: plan.memory }),
      ...(isFinished || plan.parts === undefined ? {} : { memoryParts: plan.parts }),
      ...(seconds === undefined ? {} : { seconds }),
    });
  }
  return estimates;
}

export interface TrainingToEstimate {
  readonly model: string;
  readonly method: string;
  /** All of the model, with its defaults. */
  readonly options: Values;
  /** Epochs that are still to be done; 1 for a model without epochs. */
  readonly epochs: number;
  /** Needed to measure a method with teachers, which is estimated by its work otherwise. */
  readonly teaching?: MeasuredTeaching;
}

/** A training that takes fewer seconds by its work is not measured. */
const LEAST_MEASURED = 3;
/** Work in multiplications for which the speed of the machine is not measured: it takes a fraction of a second on any. */
const LITTLE = 5e7;

/**
 * Seconds that a training is likely to take on this machine: by a measurement if it is long, else by its work.
 * @returns undefined for a model or a method whose work is not known
 */
export async function trainingSeconds(
  kernels: Kernels,
  dataset: Dataset,
  training: TrainingToEstimate,
): Promise<number | undefined> {
  const work = workLeft(dataset, training);
  if (work !== undefined && work < LITTLE) return work / SPEED;
  const seconds = work === undefined ? undefined : work / workRate(kernels);
  if (seconds !== undefined && seconds < LEAST_MEASURED && isTrained(training.model)) return seconds;
  return (await measuredTraining(kernels, dataset, training)) ?? seconds;
}

const isTrained = (model: string): boolean => modelOf(model).kind === 'trained';

/** Undefined for a method without its teachers, and for a model that cannot be measured. */
async function measuredTraining(
  kernels: Kernels,
  dataset: Dataset,
  { model: name, method, options, epochs, teaching }: TrainingToEstimate,
): Promise<number | undefined> {
  if (method !== 'none' && !teaching) return undefined;
  const model = modelOf(name);
  const own = ownOptions(model.options, options);
  if (model.kind === 'trained')
    return measuredSeconds(kernels, dataset, model, own, epochs, teaching).catch(unlessRefused);
  // Without an estimate of its own, only a model of recdistill is known to be computed in no time.
  if (!model.estimate && workOf({ model: name, method, options }, sizesOf(dataset)) === undefined) return undefined;
  const computed = model.estimate?.({ kernels, train: dataset.train, seed: 0 }, own) ?? 0;
  return computed + ((await secondsOfComputed(kernels, dataset.train, model, own).catch(unlessRefused)) ?? 0);
}

/** Undefined if it is not known. */
function workLeft(dataset: Dataset, { epochs, ...job }: TrainingToEstimate): number | undefined {
  const work = workOf(job, sizesOf(dataset));
  return work === undefined ? undefined : (work * epochs) / (numberOf(job.options.epochs) ?? 1);
}

/** What does not fit or is broken is the matter of the run itself: the plan is still shown. */
function unlessRefused(cause: unknown): undefined {
  if (!(cause instanceof RecdistillError)) throw cause;
}

const unitsOf = ({ model, method }: { readonly model: string; readonly method: string }) => ({
  model,
  ...(method === 'none' ? {} : { method }),
});

/** The time of a finished run: for one epoch, or for the whole computation of a model in closed form. */
interface RunTime {
  readonly model: unknown;
  readonly method: unknown;
  readonly dim: number | undefined;
  readonly seconds: number;
}

/** Times of the finished runs on the same data. */
const timesIn = (store: Store, dataset: Dataset): RunTime[] =>
  store.manifests().flatMap(({ folder, manifest: { kind, options, dataFingerprint } }) => {
    if (kind !== 'train' || dataFingerprint !== dataset.fingerprint || !isFinishedRun(folder)) return [];
    const { seconds, epochs } = readFinishedResult(folder);
    if (seconds === undefined) return [];
    const { model, method, dim } = options;
    // A model in closed form is not trained for epochs, but may have an option of that name.
    const count = epochs || numberOf(options.epochs) || 1;
    return [{ model, method, dim: numberOf(dim), seconds: seconds / count }];
  });

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Epochs that are still to be done; 1 for a model without epochs. */
function leftOf(options: Values, state: JobState): number {
  const epochs = numberOf(options.epochs) ?? 1;
  return state.state === 'begun' ? epochs - (state.epoch ?? 0) : epochs;
}

const sizesOf = ({ train }: Dataset) => ({
  ...{ nUsers: train.nUsers, nItems: train.nItems, interactions: count(train) },
});

/**
 * Seconds of one training, from the run of the same model and method with the nearest embedding dimension. Time grows linearly with the
 * epochs and about linearly with the dimension.
 */
function timeFrom(times: readonly RunTime[], options: Values, state: JobState): number | undefined {
  const dim = numberOf(options.dim);
  const distance = (time: RunTime) => Math.abs(Math.log((time.dim ?? 1) / (dim ?? 1)));
  const [nearest] = times
    .filter(({ model, method }) => model === options.model && method === options.method)
    .sort((a, b) => distance(a) - distance(b));
  if (!nearest) return undefined;
  return (
    nearest.seconds * leftOf(options, state) * (dim !== undefined && nearest.dim !== undefined ? dim / nearest.dim : 1)
  );
}
