/**
 * The training loop, for one model or several that train together. It owns epochs, evaluation, early stopping, checkpoints and resume.
 * Models provide gradients, methods provide hooks, and everything is reported as events.
 */
import type { Interactions } from '../data/interactions.js';
import { fail, RecdistillError } from '../errors.js';
import type { Floats, Kernels } from '../kernels/index.js';
import { brokenUnit } from '../options/registry.js';
import { returned } from '../options/unit-check.js';
import { busy, createProgress, type Progress, turn } from '../progress.js';
import { modelLimits } from '../student/student-model.js';
import { createBatches, inStep, type OwnBatch } from './batches.js';
import { newestOfAll } from './checkpoint.js';
import type { StopReason } from './events.js';
import type { Hooks } from './hooks.js';
import { createLearner, type Learner, type LearnerTask, type TrainOutcome } from './learner.js';

/** A checkpoint is written after an epoch longer than this even without an evaluation, because long epochs are often interrupted. */
const LONG_SECONDS = 1;
/** Checkpoints of at most this size are written at each evaluation. */
const SMALL_BYTES = 1e6;
/** Larger ones are written at this rate: what a killed process loses is trained again in less time than disks are kept busy for. */
const BYTES_PER_SECOND = 5e5;
/** After a signal, checkpoints that take longer or are larger are not written, so that the process ends soon. */
const LONG_SAVE_MS = 700;
const LONG_SAVE_BYTES = 200e6;
/** The most seconds of training that a killed process loses, unless writing a checkpoint takes long. */
const MOST_SECONDS = 300;

interface Surroundings {
  readonly kernels: Kernels;
  readonly train: Interactions;
  /** @param batchesPerEpoch of the first model */
  readonly hooks?: (batchesPerEpoch: number) => Hooks | Promise<Hooks>;
  /** The models are also evaluated before the first epoch, which can be the best one. */
  readonly evaluateStart?: boolean;
  readonly signal?: AbortSignal;
  /** Name of the distillation method, for messages. */
  readonly method?: string;
  /** Called between batches. Default: yields and obeys the signal. */
  readonly progress?: Progress;
}

/** Bytes of an interaction that are read and written when it is shuffled. */
const SHUFFLED = 8;

/** Training of one model. */
export interface TrainTask extends LearnerTask, Surroundings {}

/**
 * Models that train together. Each has its own batches (equal options give equal batches) and its own optimiser. A model with fewer batches
 * per epoch skips some steps. In each step, all gradients are computed before any model is updated. Training ends after the largest
 * number of `epochs` of the models, when each model has waited for its `patience`, or when `validate` of a model requests it.
 */
export interface JointTask extends Surroundings {
  readonly learners: readonly LearnerTask[];
}

/**
 * Trains until `epochs` are done, `patience` evaluations brought no improvement or `validate` requests a stop. Then restores the best
 * parameters.
 * @throws RecdistillError `diverged` (the best parameters so far are restored and stored), `interrupted` (after a checkpoint, or within a
 *   long epoch, which is then lost)
 */
export async function runLoop(task: TrainTask): Promise<TrainOutcome> {
  const [outcome] = await trainTogether({ ...task, learners: [task] });
  return outcome!;
}

/** The same for several models. The outcomes are in the order of the learners. @throws RecdistillError as `runLoop` */
export async function trainTogether(task: JointTask): Promise<readonly TrainOutcome[]> {
  const { kernels: k, train } = task;
  const batches = task.learners.map((l) => createBatches(k, train, l.model.batches, l.options));
  let hooks: Hooks = { base: 'kept' };
  try {
    hooks = (await task.hooks?.(batches[0]!.perEpoch)) ?? hooks;
  } catch (error) {
    // The start of a method may take long and may be interrupted.
    for (const b of batches) b.close();
    throw error;
  }
  const learners = task.learners.map((l, at) => createLearner(k, l, batches[at]!, at === 0 ? hooks : { base: 'kept' }));
  const epochs = Math.max(...learners.map((l) => l.options.epochs));
  let at = 0;

  let saved = { at: performance.now(), took: 0 };
  const save = async (interrupted = false) => {
    const began = performance.now();
    for (const l of learners) {
      if (!l.store) continue;
      await l.store.save(l.checkpoint(), interrupted);
      l.listen?.({ type: 'checkpoint', epoch: at });
    }
    saved = { at: performance.now(), took: performance.now() - began };
  };
  const bytes = learners.reduce((sum, l) => sum + (l.store ? l.checkpointBytes : 0), 0);
  // Checkpoints of large models have hundreds of megabytes. Beyond a tenth of a second each, checkpoints get a twentieth of the time.
  // The result does not depend on where a run is resumed.
  const interval = bytes <= SMALL_BYTES ? 0 : 1000 * Math.min(MOST_SECONDS, bytes / BYTES_PER_SECOND);
  const saveIfDue = async () => {
    if (performance.now() - saved.at >= Math.max(interval, 20 * (saved.took - 100))) await save();
  };
  const names = learners.map((l) => l.model.name).join(' and ');
  const progress = task.progress ?? createProgress(task.signal ? { signal: task.signal } : {});
  /** Returns the loss of each model. */
  const trainEpoch = async (epoch: number): Promise<number[]> => {
    const losses = learners.map(() => 0);
    await hooks.beforeEpoch?.(epoch);
    const look = progress.task(`epoch ${epoch} of ${names}`);
    const steps = Math.max(...batches.map((b) => b.perEpoch));
    let number = 0;
    const drawn = inStep(batches, epoch)[Symbol.iterator]();
    // The first batch comes after all interactions are shuffled.
    let next = await busy(() => drawn.next(), { bytes: SHUFFLED * train.indices.length });
    for (; !next.done; next = drawn.next()) {
      const step = next.value;
      // If this interrupts the epoch, its changes are lost and training resumes from the last checkpoint.
      await look(number++, steps);
      // How long a step takes is not known before the first one.
      await busy(() => learnFrom(step, losses), { bytes: number === 1 ? bytes : 0 });
    }
    return losses;
  };
  const learnFrom = (step: readonly OwnBatch[], losses: number[]): void => {
    for (const { batch, learner } of step) learners[learner]!.model.forward?.(batch);
    for (const { batch, learner } of step) {
      hooks.prepare?.(batch, learner);
      const { model } = learners[learner]!;
      if (hooks.base === 'kept') losses[learner]! += lossOf('model', model.name, model.accumulate(batch));
      if (hooks.accumulate)
        losses[learner]! += lossOf('method', task.method ?? 'of this training', hooks.accumulate(batch, learner));
    }
    for (const { batch, learner } of step) learners[learner]!.step(batch);
  };
  const tellStop = (epoch: number, reason: StopReason) => {
    for (const l of learners) l.listen?.({ type: 'stop', epoch, bestEpoch: l.state.bestEpoch, reason });
  };
  const finish = async (reason: StopReason): Promise<readonly TrainOutcome[]> => {
    for (const l of learners) l.state.reason = reason;
    await save();
    for (const l of learners) l.putBestBack();
    tellStop(at, reason);
    return learners.map((l) => l.outcome());
  };
  const expectParametersWithin = (due: readonly Learner[], epoch: number) => {
    for (const { model, state } of due) {
      const broken = model.parameters.find(({ values }) => !withinLimits(values));
      if (!broken) continue;
      for (const l of learners) l.putBestBack();
      tellStop(epoch, 'diverged');
      fail('diverged', {
        model: model.name,
        method: task.method,
        epoch,
        parameter: broken.name,
        bestEpoch: state.bestEpoch,
      });
    }
  };
  const expectFinite = (losses: readonly number[], epoch: number) => {
    const diverged = losses.findIndex((loss) => !Number.isFinite(loss));
    if (diverged < 0) return;
    for (const l of learners) l.putBestBack();
    tellStop(epoch, 'diverged');
    const { model, state } = learners[diverged]!;
    fail('diverged', {
      model: model.name,
      method: task.method,
      epoch,
      loss: losses[diverged],
      bestEpoch: state.bestEpoch,
    });
  };

  try {
    const found = await busy(() => newestOfAll(learners.map((l) => l.store)), { bytes });
    found?.forEach((checkpoint, learner) => void learners[learner]!.restore(checkpoint));
    at = learners[0]!.state.epoch;
    if (learners.every((l) => l.state.reason !== '')) {
      for (const l of learners) l.putBestBack();
      return learners.map((l) => l.outcome());
    }
    for (const { model, batches: own, listen } of learners)
      listen?.({ type: 'start', model: model.name, epoch: at, epochs, batches: own.perEpoch });
    if (task.evaluateStart && !found) {
      for (const l of learners) await l.evaluate(0);
      if (learners.every((l) => l.stopReason() === 'stopped')) return await finish('stopped');
    }
    while (at < epochs) {
      // Once per epoch the event loop runs: signals, timers, output.
      await turn();
      if (task.signal?.aborted) {
        if (saved.took < LONG_SAVE_MS && bytes < LONG_SAVE_BYTES) await save(true);
        fail('interrupted', { what: `training ${names} (epoch ${at})` });
      }
      const epoch = at + 1;
      const began = performance.now();
      const losses = await trainEpoch(epoch);
      const took = (performance.now() - began) / 1000;
      expectFinite(losses, epoch);
      at = epoch;
      learners.forEach((l, learner) => {
        l.state.epoch = epoch;
        l.state.seconds += took;
        l.listen?.({ type: 'epoch', epoch, epochs, loss: losses[learner]!, seconds: took });
      });
      const after = await hooks.afterEpoch?.(epoch);
      if (after?.restartPatience) for (const l of learners) l.state.waited = 0;
      const due = learners.filter((l) => epoch % l.options.evaluateEvery === 0 || epoch === epochs);
      expectParametersWithin(due, epoch);
      for (const l of due) await l.evaluate(epoch);
      if (due.length === 0) {
        if (took >= LONG_SECONDS) await saveIfDue();
        continue;
      }
      const over = learners.map((l) => l.stopReason());
      if (over.includes('stopped') || over.every((reason) => reason !== undefined))
        return await finish(over.includes('stopped') ? 'stopped' : 'patience');
      await saveIfDue();
    }
    return await finish('epochs');
  } catch (error) {
    if (error instanceof RecdistillError && error.code === 'interrupted') tellStop(at, 'interrupted');
    throw error;
  } finally {
    for (const l of learners) l.close();
  }
}

/** Returns the loss if it is a number (NaN included). @throws RecdistillError `broken-unit` otherwise */
function lossOf(kind: 'model' | 'method', given: string, loss: unknown): number {
  if (typeof loss === 'number') return loss;
  return brokenUnit(kind, given, `accumulate ${returned(loss)}; expected the loss, a number`);
}

/** No bundle has larger factors, and no model needs them: training has diverged, although the numbers are still finite. */
function withinLimits(values: Floats): boolean {
  for (let at = 0; at < values.length; at++) if (!(Math.abs(values[at]!) <= modelLimits.size)) return false;
  return true;
}
