/**
 * The one training loop. It owns epochs, evaluation, early stopping, checkpoints and resume; models give gradients, methods
 * give hooks, and everything that happens is told as events.
 */
import type { Interactions } from '../data/interactions.js';
import { fail } from '../errors.js';
import type { Floats, Kernels } from '../kernels/index.js';
import type { Batch, TrainableModel } from '../models/_model.js';
import type { TrainOptions } from '../models/options.js';
import { type Optimized, optimizerNamed } from '../optim/index.js';
import { createBatches } from './batches.js';
import { checkpointOf, extrasOf, type LoopStore, restore } from './checkpoint.js';
import { batchDecay } from './decay.js';
import type { Listener, StopReason } from './events.js';

/** What a distillation method adds to the loop. */
export interface Hooks {
  /** `replaced`: the base loss is left out. */
  readonly base: 'kept' | 'replaced';
  /** Adds the gradient of the method's loss on a batch; returns the loss. */
  accumulate?(batch: Batch): number;
  /** `restartPatience`: the task has changed, so earlier results no longer say when to stop. */
  afterEpoch?(epoch: number): { readonly restartPatience: boolean };
  /** Tables that the method learns beside the model; the loop steps them with the model's optimiser and options and keeps them. */
  readonly parameters?: readonly Optimized[];
  /** Tables that must be kept to continue where it stopped; put back in place before `load`. */
  readonly tables?: readonly KeptTable[];
  /** The rest that must be kept, as plain JSON. */
  save?(): unknown;
  load?(state: unknown): void;
}

export interface KeptTable {
  readonly name: string;
  readonly values: Floats | Int32Array;
}

/** Result on valid. */
export interface Validation {
  /** The larger, the better. */
  readonly value: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** True to train no further: others have done better by now. */
  readonly stop?: boolean;
}

export interface TrainTask {
  readonly kernels: Kernels;
  readonly model: TrainableModel;
  readonly train: Interactions;
  readonly options: TrainOptions;
  /** Called every `evaluateEvery` epochs and after the last. */
  validate(epoch: number): Validation;
  /** Called after an evaluation, before the checkpoint is written. */
  evaluated?(epoch: number, best: boolean): void;
  readonly hooks?: (batchesPerEpoch: number) => Hooks;
  readonly store?: LoopStore;
  readonly listen?: Listener;
  readonly signal?: AbortSignal;
}

export interface TrainOutcome {
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly bestValue: number;
  readonly reason: StopReason;
  /** Seconds in training steps and in evaluation; of this process only, when the run was resumed. */
  readonly seconds: { readonly train: number; readonly evaluate: number };
}

/** How far a run has come; the part of a checkpoint that is not a table. */
export interface Progress {
  epoch: number;
  bestEpoch: number;
  bestValue: number;
  /** Evaluations since the best one. */
  waited: number;
  reason: StopReason | '';
}

/**
 * Trains until `epochs` are done, `patience` evaluations brought nothing better or `validate` says stop, then puts the best
 * parameters back.
 * @throws RecdistillError `diverged` (the best parameters so far are put back and kept), `interrupted` (after a checkpoint)
 */
export async function runLoop(task: TrainTask): Promise<TrainOutcome> {
  const { kernels: k, model, options: o, listen, store } = task;
  const batches = createBatches(k, task.train, model.batches, o);
  const ofBatch = o.l2Scope === 'batch' && o.l2 > 0;
  const decay = ofBatch ? batchDecay(k, model.parameters, o.l2, o.batchSize * (o.negatives ?? 1)) : undefined;
  const hooks = task.hooks?.(batches.perEpoch) ?? { base: 'kept' };
  const learned = [...model.parameters, ...extrasOf(hooks)];
  const optimizer = optimizerNamed(o.optimizer).create(k, learned, { ...o, ...(ofBatch ? { l2: 0 } : {}) });
  const best = model.parameters.map((p) => p.values.slice());
  const progress: Progress = { epoch: 0, bestEpoch: 0, bestValue: Number.NEGATIVE_INFINITY, waited: 0, reason: '' };
  const seconds = { train: 0, evaluate: 0 };

  const keepBest = () => model.parameters.forEach((p, at) => void best[at]!.set(p.values));
  const putBestBack = () => model.parameters.forEach((p, at) => void p.values.set(best[at]!));
  let saved = { at: performance.now(), took: 0 };
  const save = () => {
    if (!store) return;
    const began = performance.now();
    store.save(checkpointOf(progress, model, optimizer, best, hooks));
    saved = { at: performance.now(), took: performance.now() - began };
    listen?.({ type: 'checkpoint', epoch: progress.epoch });
  };
  // Large models write hundreds of megabytes: beyond a tenth of a second each, checkpoints get a twentieth of the time. Where a run
  // resumes from does not change how it ends.
  const saveIfDue = () => performance.now() - saved.at >= 20 * (saved.took - 100) && save();
  const trainEpoch = (epoch: number): number => {
    let loss = 0;
    for (const batch of batches.epoch(epoch)) {
      model.forward?.(batch);
      if (hooks.base === 'kept') loss += model.accumulate(batch);
      loss += hooks.accumulate?.(batch) ?? 0;
      model.backward?.();
      decay?.add(batch);
      optimizer.step();
      model.afterStep?.();
    }
    return loss;
  };
  const evaluate = (epoch: number): StopReason | undefined => {
    const began = performance.now();
    const { value, metrics, stop } = task.validate(epoch);
    const isBest = value > progress.bestValue;
    if (isBest) {
      [progress.bestEpoch, progress.bestValue, progress.waited] = [epoch, value, 0];
      keepBest();
    } else progress.waited += 1;
    task.evaluated?.(epoch, isBest);
    const took = (performance.now() - began) / 1000;
    seconds.evaluate += took;
    listen?.({ type: 'evaluation', epoch, metrics, best: isBest, seconds: took });
    return progress.waited >= o.patience ? 'patience' : stop ? 'stopped' : undefined;
  };
  const finish = (reason: StopReason): TrainOutcome => {
    progress.reason = reason;
    save();
    putBestBack();
    listen?.({ type: 'stop', epoch: progress.epoch, bestEpoch: progress.bestEpoch, reason });
    const { epoch: epochs, bestEpoch, bestValue } = progress;
    return { epochs, bestEpoch, bestValue, reason, seconds };
  };

  try {
    const found = store?.load();
    if (found) Object.assign(progress, restore(found, model, optimizer, best, hooks));
    if (progress.reason !== '') {
      putBestBack();
      return {
        epochs: progress.epoch,
        bestEpoch: progress.bestEpoch,
        bestValue: progress.bestValue,
        reason: progress.reason,
        seconds,
      };
    }
    listen?.({ type: 'start', model: model.name, epoch: progress.epoch, epochs: o.epochs, batches: batches.perEpoch });
    while (progress.epoch < o.epochs) {
      // Once an epoch everything else (signals, timers, output) gets its turn.
      await new Promise((resolve) => setImmediate(resolve));
      if (task.signal?.aborted) {
        save();
        listen?.({ type: 'stop', epoch: progress.epoch, bestEpoch: progress.bestEpoch, reason: 'interrupted' });
        fail('interrupted', { what: `training ${model.name} (epoch ${progress.epoch})` });
      }
      const epoch = progress.epoch + 1;
      const began = performance.now();
      const loss = trainEpoch(epoch);
      const took = (performance.now() - began) / 1000;
      seconds.train += took;
      if (!Number.isFinite(loss)) {
        putBestBack();
        listen?.({ type: 'stop', epoch, bestEpoch: progress.bestEpoch, reason: 'diverged' });
        fail('diverged', { model: model.name, epoch, loss, bestEpoch: progress.bestEpoch });
      }
      progress.epoch = epoch;
      listen?.({ type: 'epoch', epoch, epochs: o.epochs, loss, seconds: took });
      if (hooks.afterEpoch?.(epoch).restartPatience) progress.waited = 0;
      if (epoch % o.evaluateEvery === 0 || epoch === o.epochs) {
        const over = evaluate(epoch);
        if (over) return finish(over);
        saveIfDue();
      }
    }
    return finish('epochs');
  } finally {
    optimizer.close();
    decay?.close();
    batches.close();
  }
}
