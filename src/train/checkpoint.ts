/** The state of a run between two epochs: enough to go on as if it had never stopped. */
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
  /** Plain JSON. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** Where the checkpoints of a model are kept: of models that learn together, at least the newest two. */
export interface LoopStore {
  /** Must not return before the checkpoint is safe. */
  save(checkpoint: LoopCheckpoint): void;
  /** The newest checkpoint, or the newest that is not of a later epoch than `until`. */
  load(until?: number): LoopCheckpoint | undefined;
}

/** How far a run has come; the part of a checkpoint that is not a table. */
export interface LearnerState {
  epoch: number;
  bestEpoch: number;
  bestValue: number;
  /** Evaluations since the best one. */
  waited: number;
  reason: StopReason | '';
  /** Of training and evaluation, since the run was begun. */
  seconds: number;
}

/** The newest checkpoints that are of the same epoch in all stores: a process may have ended between two of them. */
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

/** The parameters of a method, under names that no parameter of a model has. */
export const extrasOf = (hooks: Hooks): readonly Optimized[] =>
  (hooks.parameters ?? []).map((p) => ({ ...p, name: `method.${p.name}` }));

const keptOf = (hooks: Hooks): readonly KeptTable[] => [
  ...extrasOf(hooks),
  ...(hooks.tables ?? []).map((t) => ({ ...t, name: `method.${t.name}` })),
];

export function checkpointOf(
  learner: LearnerState,
  model: Model,
  optimizer: Optimizer,
  best: readonly Floats[],
  hooks: Hooks,
): LoopCheckpoint {
  const tensors: Record<string, LoopTensor> = {};
  model.parameters.forEach((p, at) => {
    tensors[`model.${p.name}`] = { shape: p.shape, data: p.values };
    tensors[`best.${p.name}`] = { shape: p.shape, data: best[at]! };
  });
  for (const t of keptOf(hooks)) tensors[t.name] = { shape: [t.values.length], data: t.values };
  for (const s of optimizer.state) tensors[`optimizer.${s.name}`] = { shape: [s.values.length], data: s.values };
  // JSON has no infinity: before the first evaluation the best value is simply absent.
  const { bestValue, ...rest } = learner;
  const state = {
    ...rest,
    ...(Number.isFinite(bestValue) ? { bestValue } : {}),
    steps: optimizer.steps,
    method: hooks.save?.() ?? null,
  };
  return { epoch: learner.epoch, tensors, state };
}

/** Puts a checkpoint back into the parts it was taken from. @throws RecdistillError `artifact-damaged` */
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
        problem: `table ${name} has ${data?.length ?? 'no'} numbers; this model needs ${into.length}`,
        hint: 'The checkpoint belongs to another model or other data; choose another --name.',
      });
    }
    into.set(data);
  };
  model.parameters.forEach((p, at) => {
    fill(`model.${p.name}`, p.values);
    fill(`best.${p.name}`, best[at]!);
  });
  for (const t of keptOf(hooks)) fill(t.name, t.values);
  for (const s of optimizer.state) fill(`optimizer.${s.name}`, s.values);
  optimizer.steps = Number(c.state.steps);
  if (c.state.method !== null) hooks.load?.(c.state.method);
  const { epoch, bestEpoch, bestValue, waited, reason, seconds } = c.state as unknown as LearnerState;
  return { epoch, bestEpoch, bestValue: bestValue ?? Number.NEGATIVE_INFINITY, waited, reason, seconds: seconds ?? 0 };
}
