/** The trajectory of a model that is computed in sweeps, such as `ials`. What is kept is the last sweep; nothing is selected. */
import type { TrajectoryCheckpoint } from '../data/trajectory.js';
import type { Model } from '../models/index.js';
import type { Progress } from '../progress.js';
import { chooseEpochs, isKept, strideAfter, type TrajectoryOptions } from '../train/trajectory.js';

/** Ranks a model and evaluates it on valid. @param last whether this is what is kept */
export type RankAndEvaluate = (
  model: Model,
  epoch: number,
  progress: Progress,
  last: boolean,
) => Promise<TrajectoryCheckpoint>;

export interface Sweeps {
  swept(model: Model, sweep: number, sweeps: number, progress: Progress): Promise<void>;
  /** Number of sweeps of the model; 0 if it has none. */
  count(): number;
  /**
   * The checkpoints of the trajectory, the last one included.
   * @param quality selects the metric of a checkpoint
   */
  choose(last: TrajectoryCheckpoint, quality: (c: TrajectoryCheckpoint) => number): TrajectoryCheckpoint[];
}

/** Only sweeps that can become checkpoints are ranked, because a ranking takes about as long as a sweep. */
export function createSweeps(o: TrajectoryOptions, evaluate: RankAndEvaluate): Sweeps {
  const kept: TrajectoryCheckpoint[] = [];
  let all = 0;
  let wanted: readonly number[] = [];
  return {
    async swept(model, sweep, sweeps, progress) {
      if (sweep === 1) [all, wanted] = [sweeps, sweepsToRank(sweeps, o)];
      if (wanted.includes(sweep)) kept.push(await evaluate(model, sweep, progress, false));
    },
    count: () => all,
    choose(last, quality) {
      return chosenCheckpoints([...kept, last], quality, o);
    },
  };
}

/** The checkpoints of the trajectory among those of the sweeps that were ranked. The last one is always kept. */
export function chosenCheckpoints(
  ranked: readonly TrajectoryCheckpoint[],
  quality: (c: TrajectoryCheckpoint) => number,
  o: TrajectoryOptions,
): TrajectoryCheckpoint[] {
  const of = (c: TrajectoryCheckpoint) => ({ epoch: c.epoch, quality: quality(c) });
  const [kept, last] = [ranked.slice(0, -1), ranked.at(-1)!];
  const epochs = chooseEpochs(kept.map(of), of(last), o);
  return [...kept.filter((c) => epochs.includes(c.epoch)), last];
}

/** Sweeps before the last one that may be checkpoints. Only with the spread `quality` it depends on their values which of them will be. */
export function sweepsToRank(sweeps: number, o: TrajectoryOptions): number[] {
  const before = Array.from({ length: sweeps - 1 }, (_, n) => n + 1);
  if (o.spread === 'quality') return before.filter((sweep) => isKept(sweep, strideAfter(sweeps)));
  const snapshots = before.map((epoch) => ({ epoch, quality: 0 }));
  return chooseEpochs(snapshots, { epoch: sweeps, quality: 0 }, o).filter((epoch) => epoch < sweeps);
}
