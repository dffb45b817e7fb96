/** Evaluates a model on valid while it trains, and stores snapshots for its trajectory. */

import { join } from 'node:path';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { defined } from '../defined.js';
import type { Evaluator } from '../eval/evaluation.js';
import type { Kernels } from '../kernels/index.js';
import { type Model, rankAll } from '../models/index.js';
import { busy, type Progress, runInParts, runSync, type Step, within } from '../progress.js';
import type { LearnerTask, Listener, LoopStore, TrainOutcome, TrajectoryOptions } from '../train/index.js';
import type { RunFolder } from './run-folder.js';
import { createSnapshots, type Snapshots } from './snapshots.js';

/** A model after training, with its best epoch. */
export interface Fitted {
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Seconds of training before this process resumed. */
  readonly secondsBefore: number;
  readonly checkpoints: Trajectory['checkpoints'];
  /** Removes what was stored during training. */
  forget(): void;
}

export interface WatchSetting {
  readonly run: RunFolder | undefined;
  readonly evaluator: Evaluator;
  readonly evaluateEvery: number;
  readonly trajectory: TrajectoryOptions;
  readonly selectBy: string;
  readonly listen: Listener;
  readonly progress: Progress;
  /** Each evaluation also evaluates on test. */
  readonly testCurve?: boolean;
  /** The last epoch is kept instead of the best one on valid. */
  readonly keepLast?: boolean;
  /** Of a final fit: it ends at the epoch that was chosen, with a trajectory of the same epochs. */
  readonly repeats?: Pick<Fitted, 'bestEpoch'> & { readonly checkpoints: readonly number[] };
  /** Additional test metrics, reported with each evaluation. They select nothing. */
  readonly measure?: () => Readonly<Record<string, number>>;
}

/** The callbacks of the training loop, and the outcome at the end. */
export interface Watch extends Required<Pick<LearnerTask, 'validate' | 'evaluated'>>, Pick<LearnerTask, 'store'> {
  fitted(outcome: TrainOutcome): Promise<Fitted>;
}

export function watchModel(k: Kernels, model: Model, setting: WatchSetting): Watch {
  const { run, evaluator, selectBy, measure, listen, repeats } = setting;
  const step = setting.progress.task(`ranking for ${model.name}`, 'users');
  const evaluation = setting.progress.task(`evaluating ${model.name}`);
  const storing = setting.progress.task(`storing ${model.name}`);
  const snapshots = createSnapshots(setting.evaluateEvery, run ? join(run.path, 'snapshots') : undefined);
  const selects = evaluator.selects && !setting.keepLast;
  const choose = (bestEpoch: number) =>
    repeats
      ? snapshots.keep(repeats.checkpoints, bestEpoch)
      : snapshots.choose(bestEpoch, setting.trajectory, (metrics) => metrics[selectBy] ?? 1);
  let seen: { rankings: Rankings; metrics: Readonly<Record<string, number>> } | undefined;
  /** The rankings of a sample with those of all other users. */
  const withOthers = async (sampled: Rankings): Promise<Rankings> => {
    const chosen = new Set(evaluator.sample?.chosen);
    const users = Int32Array.from({ length: sampled.nUsers }, (_, u) => u).filter((u) => !chosen.has(u));
    const { foldIn } = evaluator;
    const { items } = await rankAll(k, model, evaluator.mask.valid, evaluator.depth, {
      ...{ step, users },
      ...defined({ foldIn }),
    });
    const { depth } = sampled;
    for (const u of chosen) items.set(sampled.items.subarray(u * depth, (u + 1) * depth), u * depth);
    return { ...sampled, items };
  };
  return {
    async validate(epoch) {
      seen = undefined;
      const stop = repeats !== undefined && epoch >= repeats.bestEpoch;
      if (repeats?.checkpoints.includes(epoch) === false) return { value: epoch, metrics: {}, stop };
      const rankings = await rankAll(k, model, evaluator.mask.valid, evaluator.depth, {
        step,
        ...defined({ foldIn: evaluator.foldIn, users: evaluator.sample?.chosen }),
      });
      const valid = evaluator.selects ? await runInParts(evaluator.parts.valid(rankings), evaluation) : undefined;
      const metrics = { ...valid?.means, ...measure?.() };
      seen = { rankings, metrics };
      return { value: valid && selects ? evaluator.select(valid) : epoch, metrics, stop };
    },
    async evaluated(epoch, best) {
      if (!seen) return;
      const { metrics } = seen;
      // Students learn from the lists of all users, also if only a sample of them is evaluated.
      const kept = evaluator.sample && snapshots.keeps(epoch, best) ? await withOthers(seen.rankings) : seen.rankings;
      const lists = evaluator.taught(kept);
      await runInParts(snapshots.add(epoch, lists, metrics, best), storing);
      if (!setting.testCurve) return;
      const rankings = await rankAll(k, model, evaluator.mask.test, evaluator.depth, {
        step,
        ...defined({ foldIn: evaluator.foldIn, users: evaluator.sample?.chosen }),
      });
      const test = await runInParts(evaluator.parts.test(rankings), evaluation);
      listen({ type: 'test', epoch, metrics: test.means });
    },
    ...(run ? { store: storeOf(run, listen, snapshots, storing, choose) } : {}),
    fitted: async ({ bestEpoch, epochs, secondsBefore }) => ({
      ...{ bestEpoch, epochs, secondsBefore },
      checkpoints: await runInParts(choose(bestEpoch), setting.progress.task(`reading snapshots of ${model.name}`)),
      forget: snapshots.remove,
    }),
  };
}

/** The checkpoints of a run folder, each after the snapshots up to its epoch. */
function storeOf(
  run: RunFolder,
  listen: Listener,
  snapshots: Snapshots,
  storing: Step,
  choose: (bestEpoch: number) => Generator<number, unknown>,
): LoopStore {
  return {
    save(checkpoint, interrupted) {
      const { reason, bestEpoch } = checkpoint.state;
      // Training is over: only the snapshots of the trajectory are needed.
      function* writing(): Generator<number, void> {
        if (reason !== '') yield* within(choose(Number(bestEpoch)), 0, 0.3);
        yield* within(snapshots.flush(), 0.3, 0.6);
        yield* within(run.savingCheckpoint(checkpoint), 0.6, 1);
      }
      // The last work after a signal: a second one ends it in the middle.
      if (interrupted) return busy(() => runSync(writing()), { finishing: true });
      return runInParts(writing(), storing);
    },
    load(until) {
      const { checkpoint, damaged } = run.loadLatestCheckpoint<Record<string, unknown>>(until);
      for (const d of damaged)
        listen({ type: 'note', message: `${d.path} is damaged (${d.problem}); the previous one is used` });
      return checkpoint;
    },
  };
}
