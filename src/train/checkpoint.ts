/** The state of a training after an epoch, from which training continues with identical results. */
import { fail } from '../errors.js';
import type { Floats } from '../kernels/index.js';
import type { Model } from '../models/_model.js';
import type { Optimized, Optimizer } from '../optim/index.js';
import type { StopReason } from './events.js';
import type { Hooks, KeptTable } from './hooks.js';

export interface LoopTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Int8Array | Uint8Array;
}

export interface LoopCheckpoint {
  readonly epoch: number;
  readonly tensors: Readonly<Record<string, LoopTensor>>;
  /** JSON values. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** Where the checkpoints of a model are stored. For models that train together, at least the two newest are kept. */
export interface LoopStore {
  /**
   * Must not end before the checkpoint is on disk.
   * @param interrupted whether the training ends with it, because it was told to stop
   */
  save(checkpoint: LoopCheckpoint, interrupted: boolean): void | Promise<void>;
  /** The newest checkpoint, or the newest up to epoch `until`. */
  load(until?: number): LoopCheckpoint | undefined;
}

/** Progress of a model; the part of a checkpoint that is not a tensor. */
export interface LearnerState {
  epoch: number;
  bestEpoch: number;
  bestValue: number;
  /** Evaluations since the best epoch. */
  waited: number;
  reason: StopReason | '';
  /** Seconds of training and evaluation since the start of the run. */
  seconds: number;
}

/** The newest epoch for which all stores have a checkpoint. A process may have been killed between two of them. */
export function newestOfAll(stores: readonly (LoopStore | undefined)[]): readonly LoopCheckpoint[] | undefined {
  let until: number | undefined;
  for (;;) {
    const found = stores.map((store) => store?.load(until));
    const epochs = found.map((checkpoint) => checkpoint?.epoch ?? -1);
    const oldest = Math.min(...epochs);
    if (epochs.every((epoch) => epoch === oldest)) return oldest < 0 ? undefined : (found as LoopCheckpoint[]);
    until = oldest;
  }
}

/** The parameters of a method, renamed so that they cannot clash with parameters of a model. */
export const extrasOf = (hooks: Hooks): readonly Optimized[] =>
  (hooks.parameters ?? []).map((p) => ({ ...p, name: `method.${p.name}` }));

const keptOf = (hooks: Hooks): readonly KeptTable[] => [
  ...extrasOf(hooks),
  ...(hooks.tables ?? []).map((t) => ({ ...t, name: `method.${t.name}` })),
];

/** After the end of training a checkpoint has the best parameters only. */
export function checkpointOf(
  learner: LearnerState,
  model: Model,
  optimizer: Optimizer,
  best: readonly Floats[],
  hooks: Hooks,
): LoopCheckpoint {
  const tensors: Record<string, LoopTensor> = {};
  const over = learner.reason !== '';
  model.parameters.forEach((p, at) => {
    if (!over) tensors[`model.${p.name}`] = { shape: p.shape, data: p.values };
    tensors[`best.${p.name}`] = { shape: p.shape, data: best[at]! };
  });
  for (const t of keptOf(hooks)) tensors[t.name] = { shape: [t.values.length], data: t.values };
  if (!over)
    for (const s of optimizer.state) tensors[`optimizer.${s.name}`] = { shape: [s.values.length], data: s.values };
  // JSON has no infinity, so the best value is absent before the first evaluation.
  const { bestValue, ...rest } = learner;
  const state = {
    ...rest,
    ...(Number.isFinite(bestValue) ? { bestValue } : {}),
    steps: optimizer.steps,
    method: hooks.save?.() ?? null,
  };
  return { epoch: learner.epoch, tensors, state };
}

/** Bytes of the tensors of a checkpoint during training. */
export function checkpointBytes(model: Model, optimizer: Optimizer, hooks: Hooks): number {
  const parameters = model.parameters.map((p) => p.values);
  const tables = [...keptOf(hooks), ...optimizer.state].map((t) => t.values);
  return [...parameters, ...parameters, ...tables].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Restores a checkpoint. @throws RecdistillError `artifact-damaged` */
export function restore(
  c: LoopCheckpoint,
  model: Model,
  optimizer: Optimizer,
  best: readonly Floats[],
  hooks: Hooks,
): LearnerState {
  const fill = (name: string, into: Floats | Int32Array) => {
    const data = c.tensors[name]?.data;
    if (data?.length !== into.length) {
      fail('artifact-damaged', {
        path: `checkpoint of epoch ${c.epoch}`,
        problem: `table ${name} has ${data?.length ?? 'no'} values; this model needs ${into.length}`,
        hint: 'The checkpoint belongs to another model or other data. Choose another --name.',
      });
    }
    into.set(data);
  };
  const { epoch, bestEpoch, bestValue, waited, reason, seconds } = c.state as unknown as LearnerState;
  const over = reason !== '';
  model.parameters.forEach((p, at) => {
    fill(`best.${p.name}`, best[at]!);
    fill(over ? `best.${p.name}` : `model.${p.name}`, p.values);
  });
  for (const t of keptOf(hooks)) fill(t.name, t.values);
  if (!over) for (const s of optimizer.state) fill(`optimizer.${s.name}`, s.values);
  optimizer.steps = Number(c.state.steps);
  if (c.state.method !== null) hooks.load?.(c.state.method);
  return { epoch, bestEpoch, bestValue: bestValue ?? Number.NEGATIVE_INFINITY, waited, reason, seconds: seconds ?? 0 };
}
