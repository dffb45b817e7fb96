/** One model in the training loop: its batches, its optimiser, its best parameters and its early stopping. */
import type { Kernels } from '../kernels/index.js';
import type { Batch, TrainableModel } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import { optimizerOf } from '../optim/index.js';
import { brokenUnit } from '../options/registry.js';
import type { Batches } from './batches.js';
import {
  checkpointBytes,
  checkpointOf,
  extrasOf,
  type LearnerState,
  type LoopCheckpoint,
  type LoopStore,
  restore,
} from './checkpoint.js';
import { batchDecay } from './decay.js';
import type { Listener, StopReason } from './events.js';
import type { Hooks } from './hooks.js';

/** A result on valid. */
export interface Validation {
  /** Larger is better. */
  readonly value: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** True to stop training, for example because other trials are better. */
  readonly stop?: boolean;
}

/** A model to train, with its options. */
export interface LearnerTask {
  readonly model: TrainableModel;
  readonly options: TrainOptions;
  /** Called every `evaluateEvery` epochs and after the last epoch. */
  validate(epoch: number): Validation | Promise<Validation>;
  /** Called after an evaluation and before the checkpoint is written. */
  evaluated?(epoch: number, best: boolean): void | Promise<void>;
  readonly store?: LoopStore;
  readonly listen?: Listener;
}

export interface TrainOutcome {
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly bestValue: number;
  readonly reason: StopReason;
  /** Seconds of training and evaluation before the run was resumed. */
  readonly secondsBefore: number;
}

export interface Learner extends Pick<LearnerTask, 'model' | 'options' | 'store' | 'listen'> {
  readonly batches: Batches;
  readonly state: LearnerState;
  /** Updates the parameters from the gradients of a batch. */
  step(batch: Batch): void;
  evaluate(epoch: number): Promise<void>;
  /** The reason to stop after the last evaluation. Undefined to continue. */
  stopReason(): 'patience' | 'stopped' | undefined;
  putBestBack(): void;
  checkpoint(): LoopCheckpoint;
  /** Bytes of a checkpoint during training. */
  readonly checkpointBytes: number;
  restore(checkpoint: LoopCheckpoint): void;
  outcome(): TrainOutcome;
  close(): void;
}

/** @param hooks the method whose parameters are updated and stored with this model */
export function createLearner(k: Kernels, task: LearnerTask, batches: Batches, hooks: Hooks): Learner {
  const { model, options: o, listen } = task;
  const ofBatch = o.l2Scope === 'batch' && o.l2 > 0;
  const decay = ofBatch ? batchDecay(k, model.parameters, o.l2, o.batchSize * (o.negatives ?? 1)) : undefined;
  const saved = [...model.parameters, ...extrasOf(hooks)];
  const optimizer = optimizerOf(o.optimizer).create(k, saved, { ...o, ...(ofBatch ? { l2: 0 } : {}) });
  const arrays = model.parameters.map((p) => p.values);
  const best = arrays.map((values) => values.slice());
  /** The optimiser and the checkpoints have the arrays of the start. */
  const expectSameParameters = () => {
    const now = model.parameters;
    if (now.length === arrays.length && now.every((p, at) => p.values === arrays[at])) return;
    brokenUnit(
      'model',
      model.name,
      'its field "parameters" changed in training; the list and its arrays must stay the same',
    );
  };
  const state: LearnerState = {
    epoch: 0,
    bestEpoch: 0,
    bestValue: Number.NEGATIVE_INFINITY,
    waited: 0,
    reason: '',
    seconds: 0,
  };
  let stopped = false;
  let secondsBefore = 0;
  return {
    ...task,
    batches,
    state,
    step(batch) {
      model.backward?.();
      decay?.add(batch);
      optimizer.step();
      model.afterStep?.();
    },
    async evaluate(epoch) {
      const began = performance.now();
      expectSameParameters();
      const { value, metrics, stop = false } = await task.validate(epoch);
      stopped = stop;
      const isBest = value > state.bestValue;
      if (isBest) {
        [state.bestEpoch, state.bestValue, state.waited] = [epoch, value, 0];
        model.parameters.forEach((p, at) => void best[at]!.set(p.values));
      } else state.waited += 1;
      await task.evaluated?.(epoch, isBest);
      const took = (performance.now() - began) / 1000;
      state.seconds += took;
      listen?.({ type: 'evaluation', epoch, metrics, best: isBest, seconds: took });
    },
    stopReason: () => (state.waited >= o.patience ? 'patience' : stopped ? 'stopped' : undefined),
    putBestBack: () => model.parameters.forEach((p, at) => void p.values.set(best[at]!)),
    checkpointBytes: checkpointBytes(model, optimizer, hooks),
    checkpoint: () => checkpointOf(state, model, optimizer, best, hooks),
    restore(checkpoint) {
      Object.assign(state, restore(checkpoint, model, optimizer, best, hooks));
      secondsBefore = state.seconds;
    },
    outcome() {
      const { epoch: epochs, bestEpoch, bestValue, reason } = state;
      return { epochs, bestEpoch, bestValue, reason: reason as StopReason, secondsBefore };
    },
    close() {
      optimizer.close();
      decay?.close();
      batches.close();
    },
  };
}
