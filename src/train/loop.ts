/**
 * The one training loop, for one model or for several that learn together. It owns epochs, evaluation, early stopping, checkpoints and resume;
 * models give gradients, methods give hooks, and everything that happens is told as events.
 */
import type { Interactions } from '../data/interactions.js';
import { fail, RecdistillError } from '../errors.js';
import type { Floats, Kernels } from '../kernels/index.js';
import { shown } from '../options/unit-check.js';
import { createProgress, type Progress, turn } from '../progress.js';
import { createBatches, inStep } from './batches.js';
import { newestOfAll } from './checkpoint.js';
import type { StopReason } from './events.js';
import type { Hooks } from './hooks.js';
import { createLearner, type Learner, type LearnerTask, type TrainOutcome } from './learner.js';

/** An epoch that takes longer is kept although nothing is judged after it: as it may be given up, so may those before it. */
const LONG_SECONDS = 1;

interface Surroundings {
  readonly kernels: Kernels;
  readonly train: Interactions;
  /** @param batchesPerEpoch of the first model */
  readonly hooks?: (batchesPerEpoch: number) => Hooks | Promise<Hooks>;
  /** The models are judged before their first epoch, too, and may be at their best then. */
  readonly evaluateStart?: boolean;
  readonly signal?: AbortSignal;
  /** Name of the method that the hooks are of, for messages. */
  readonly method?: string;
  /** Between batches; default: one with the signal. */
  readonly progress?: Progress;
}

/** One model that learns. */
export interface TrainTask extends LearnerTask, Surroundings {}

/**
 * Models that learn together, each from its own batches (equal options give equal batches) by its own optimiser. They go through an epoch side by
 * side; who has fewer batches rests in some steps. In a step all take their gradients before any of them moves. They train for the most
 * `epochs` that any of them asks for, until each has waited for a better result as long as its `patience` says, or until `validate` of one of them says stop.
 */
export interface JointTask extends Surroundings {
  readonly learners: readonly LearnerTask[];
}

/**
 * Trains until `epochs` are done, `patience` evaluations brought nothing better or `validate` says stop, then puts the best
 * parameters back.
 * @throws RecdistillError `diverged` (the best parameters so far are put back and kept), `interrupted` (after a checkpoint, or within a long epoch,
 *   of which nothing is kept)
 */
export async function runLoop(task: TrainTask): Promise<TrainOutcome> {
  const [outcome] = await trainTogether({ ...task, learners: [task] });
  return outcome!;
}

/** The same for several models; the outcomes are in the order of the learners. @throws RecdistillError as `runLoop` */
export async function trainTogether(task: JointTask): Promise<readonly TrainOutcome[]> {
  const { kernels: k, train } = task;
  const batches = task.learners.map((l) => createBatches(k, train, l.model.batches, l.options));
  let hooks: Hooks = { base: 'kept' };
  try {
    hooks = (await task.hooks?.(batches[0]!.perEpoch)) ?? hooks;
  } catch (error) {
    // What a method begins with may take long, and be interrupted.
    for (const b of batches) b.close();
    throw error;
  }
  const learners = task.learners.map((l, at) => createLearner(k, l, batches[at]!, at === 0 ? hooks : { base: 'kept' }));
  const epochs = Math.max(...learners.map((l) => l.options.epochs));
  let at = 0;

  let saved = { at: performance.now(), took: 0 };
  const save = () => {
    const began = performance.now();
    for (const l of learners) {
      if (!l.store) continue;
      l.store.save(l.checkpoint());
      l.listen?.({ type: 'checkpoint', epoch: at });
    }
    saved = { at: performance.now(), took: performance.now() - began };
  };
  // Large models write hundreds of megabytes: beyond a tenth of a second each, checkpoints get a twentieth of the time. Where a run
  // resumes from does not change how it ends.
  const saveIfDue = () => performance.now() - saved.at >= 20 * (saved.took - 100) && save();
  const names = learners.map((l) => l.model.name).join(' and ');
  const progress = task.progress ?? createProgress(task.signal ? { signal: task.signal } : {});
  /** Returns the loss of each model. */
  const trainEpoch = async (epoch: number): Promise<number[]> => {
    const losses = learners.map(() => 0);
    await hooks.beforeEpoch?.(epoch);
    const look = progress.task(`epoch ${epoch} of ${names}`);
    const steps = Math.max(...batches.map((b) => b.perEpoch));
    let number = 0;
    for (const step of inStep(batches, epoch)) {
      // Where this ends it, what the epoch has changed is lost: going on begins from the last checkpoint.
      await look(number++, steps);
      for (const { batch, learner } of step) learners[learner]!.model.forward?.(batch);
      for (const { batch, learner } of step) {
        hooks.prepare?.(batch, learner);
        const { model } = learners[learner]!;
        if (hooks.base === 'kept') losses[learner]! += lossOf('model', model.name, model.accumulate(batch));
        if (hooks.accumulate)
          losses[learner]! += lossOf('method', task.method ?? 'of this training', hooks.accumulate(batch, learner));
      }
      for (const { batch, learner } of step) learners[learner]!.step(batch);
    }
    return losses;
  };
  const tellStop = (epoch: number, reason: StopReason) => {
    for (const l of learners) l.listen?.({ type: 'stop', epoch, bestEpoch: l.state.bestEpoch, reason });
  };
  const finish = (reason: StopReason): readonly TrainOutcome[] => {
    for (const l of learners) l.state.reason = reason;
    save();
    for (const l of learners) l.putBestBack();
    tellStop(at, reason);
    return learners.map((l) => l.outcome());
  };
  const expectFiniteParameters = (due: readonly Learner[], epoch: number) => {
    for (const { model, state } of due) {
      const broken = model.parameters.find(({ values }) => !allFinite(values));
      if (!broken) continue;
      for (const l of learners) l.putBestBack();
      tellStop(epoch, 'diverged');
      fail('diverged', { model: model.name, epoch, parameter: broken.name, bestEpoch: state.bestEpoch });
    }
  };
  const expectFinite = (losses: readonly number[], epoch: number) => {
    const diverged = losses.findIndex((loss) => !Number.isFinite(loss));
    if (diverged < 0) return;
    for (const l of learners) l.putBestBack();
    tellStop(epoch, 'diverged');
    const { model, state } = learners[diverged]!;
    fail('diverged', { model: model.name, epoch, loss: losses[diverged], bestEpoch: state.bestEpoch });
  };

  try {
    const found = newestOfAll(learners.map((l) => l.store));
    found?.forEach((checkpoint, learner) => void learners[learner]!.restore(checkpoint));
    at = learners[0]!.state.epoch;
    if (learners.every((l) => l.state.reason !== '')) {
      for (const l of learners) l.putBestBack();
      return learners.map((l) => l.outcome());
    }
    for (const { model, batches: own, listen } of learners)
      listen?.({ type: 'start', model: model.name, epoch: at, epochs, batches: own.perEpoch });
    if (task.evaluateStart && !found) for (const l of learners) await l.evaluate(0);
    while (at < epochs) {
      // Once an epoch everything else (signals, timers, output) gets its turn.
      await turn();
      if (task.signal?.aborted) {
        save();
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
      expectFiniteParameters(due, epoch);
      for (const l of due) await l.evaluate(epoch);
      if (due.length === 0) {
        if (took >= LONG_SECONDS) saveIfDue();
        continue;
      }
      const over = learners.map((l) => l.over());
      if (over.includes('stopped') || over.every((reason) => reason !== undefined))
        return finish(over.includes('stopped') ? 'stopped' : 'patience');
      saveIfDue();
    }
    return finish('epochs');
  } catch (error) {
    if (error instanceof RecdistillError && error.code === 'interrupted') tellStop(at, 'interrupted');
    throw error;
  } finally {
    for (const l of learners) l.close();
  }
}

/** A loss that is a number, NaN included. @throws RecdistillError `broken-unit` for anything else */
function lossOf(kind: 'model' | 'method', given: string, loss: unknown): number {
  if (typeof loss === 'number') return loss;
  return fail('broken-unit', {
    kind,
    given,
    problem: `accumulate returned ${shown(loss)}; expected the loss, a number`,
  });
}

function allFinite(values: Floats): boolean {
  for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at]!)) return false;
  return true;
}
