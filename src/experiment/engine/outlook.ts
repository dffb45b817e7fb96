/** What running a graph would do and cost, without doing any of it. */
import type { Dataset } from '../../data/index.js';
import type { Kernels } from '../../kernels/index.js';
import { type ModelSpec, modelOf } from '../../models/index.js';
import { isFinishedRun, readFinishedResult } from '../../runs/index.js';
import type { JobSpec, Values } from './job.js';
import { type JobState, type PreparedGraph, type PreparedJob, stateOf } from './prepare.js';
import type { Store } from './store.js';

export interface JobOutlook {
  readonly name: string;
  readonly kind: JobSpec['kind'];
  readonly model?: string;
  readonly method?: string;
  /** Names of what it learns from. */
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
  /** At most, roughly; absent where nothing is to be done. */
  readonly memoryBytes?: number;
  /** At most, by what finished runs of the same model, method and data took; absent where there are none. */
  readonly seconds?: number;
}

export interface Outlook {
  readonly jobs: readonly JobOutlook[];
  readonly finished: number;
  readonly toDo: number;
  /** Of the largest job that is still to be done. */
  readonly memoryBytes: number;
  /** Of the jobs whose time is known, one after the other. */
  readonly seconds: number;
  /** Jobs that are to be done and whose time is not known. */
  readonly unknown: number;
}

/**
 * @param kernels estimate the time of models that are computed at once, where no finished run tells it
 * @param undecided jobs whose options follow from a search that is not finished, so that nothing is known of their runs
 */
export function outlookOf(
  { jobs, store, dataset }: PreparedGraph,
  kernels?: Kernels,
  undecided: (job: JobSpec) => boolean = () => false,
): Outlook {
  const paces = store ? pacesOf(store, dataset) : [];
  const estimate = (model: ModelSpec, options: Values): number | undefined => {
    const own = Object.fromEntries(Object.entries(options).filter(([name]) => name in model.options.shape));
    return kernels && model.kind === 'computed'
      ? model.estimate?.({ kernels, train: dataset.train, seed: 0 }, own)
      : undefined;
  };
  const all = jobs.map((job) => {
    const unknown = undecided(job.job);
    return jobOutlook(job, unknown ? { state: 'new' } : stateOf(job, store), { paces, estimate }, unknown);
  });
  const open = all.filter((job) => job.state !== 'finished');
  return {
    jobs: all,
    ...{ finished: all.length - open.length, toDo: open.length },
    memoryBytes: Math.max(0, ...open.map((job) => job.memoryBytes ?? 0)),
    seconds: open.reduce((sum, job) => sum + (job.seconds ?? 0), 0),
    unknown: open.filter((job) => job.seconds === undefined && job.kind !== 'fuse').length,
  };
}

interface Known {
  readonly paces: readonly Pace[];
  readonly estimate: (model: ModelSpec, options: Values) => number | undefined;
}

function jobOutlook({ job, plan, inputs }: PreparedJob, state: JobState, known: Known, unknown: boolean): JobOutlook {
  const { name, kind } = job;
  const isModel = kind === 'train' || kind === 'search';
  const from = state.state === 'finished' ? state.results[0]?.from : undefined;
  const [only, ...more] = plan.results;
  const seconds =
    state.state === 'finished' || !isModel ? undefined : secondsOf(job, plan.results[0]!.spec.options, state, known);
  return {
    ...{ name, kind, teachers: inputs.map((input) => input.name), state: state.state },
    ...(isModel ? { model: job.model, ...(job.method === 'none' ? {} : { method: job.method }) } : {}),
    ...(only && more.length === 0 && !unknown ? { hash: only.hash } : {}),
    ...(from === undefined ? {} : { from }),
    ...(state.state === 'begun' && state.epoch !== undefined ? { epoch: state.epoch } : {}),
    ...(state.state === 'refused' ? { problem: state.error.message } : {}),
    ...(state.state === 'finished' || plan.memory === undefined ? {} : { memoryBytes: plan.memory }),
    ...(seconds === undefined ? {} : { seconds }),
  };
}

/** Seconds for an epoch, or for all of a model that is computed at once. */
interface Pace {
  readonly model: unknown;
  readonly method: unknown;
  readonly dim: number | undefined;
  readonly seconds: number;
}

/** Of the finished runs on the same data. */
function pacesOf(store: Store, dataset: Dataset): Pace[] {
  return store.manifests().flatMap(({ folder, manifest: { kind, options, dataFingerprint } }) => {
    if (kind !== 'train' || dataFingerprint !== dataset.fingerprint || !isFinishedRun(folder)) return [];
    const { seconds, epochs } = readFinishedResult(folder);
    if (seconds === undefined) return [];
    const { model, method, dim } = options;
    // A model that is computed at once has no epochs of training, but may have an option of that name.
    const count = epochs || numberOf(options.epochs) || 1;
    return [{ model, method, dim: numberOf(dim), seconds: seconds / count }];
  });
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** Time grows with the epochs and about linearly with the embedding dimension; the nearest dimension tells most. */
function secondsOf(
  job: JobSpec & { readonly kind: 'train' | 'search' },
  options: Values,
  state: JobState,
  { paces, estimate }: Known,
): number | undefined {
  const alike = paces.filter((p) => p.model === options.model && p.method === options.method);
  const dim = numberOf(options.dim);
  const far = (p: Pace) => Math.abs(Math.log((p.dim ?? 1) / (dim ?? 1)));
  const [pace] = alike.sort((a, b) => far(a) - far(b));
  if (!pace) return job.kind === 'train' ? estimate(modelOf(job.model), options) : undefined;
  const epochs = numberOf(options.epochs) ?? 1;
  const left = state.state === 'begun' ? epochs - (state.epoch ?? 0) : epochs;
  const each = pace.seconds * (dim !== undefined && pace.dim !== undefined ? dim / pace.dim : 1);
  return each * left * (job.kind === 'search' ? job.rule.trials : 1);
}
