/**
 * How a run records its trajectory. The best epoch is not known in advance. Snapshots are therefore stored during training and thinned
 * out, and the checkpoints are selected at the end.
 */
import { choice, int, type OptionsOf, options } from '../options/options.js';

export const trajectoryOptions = options({
  checkpoints: int({ default: 4, min: 1, max: 100, help: 'Number of checkpoints in the trajectory of a teacher.' }),
  spread: choice(['epochs', 'log-epochs', 'quality'], {
    default: 'epochs',
    help: 'How checkpoints are spaced up to the best epoch: evenly over epochs, over the logarithm of epochs (more early ones), or over the metric on valid (quality).',
  }),
});

export type TrajectoryOptions = OptionsOf<typeof trajectoryOptions>;

/** At most twice this many snapshots are stored, plus the earliest ones. */
const SNAPSHOTS = 16;

/** Stride, in evaluations, of the snapshots that are kept after `evaluations` of them: a power of two. */
export function strideAfter(evaluations: number): number {
  let stride = 1;
  while (evaluations / stride > SNAPSHOTS) stride *= 2;
  return stride;
}

/** Whether the snapshot of evaluation `number` (from 1) is kept at this stride. Powers of two always are, as early epochs change most. */
export const isKept = (number: number, stride: number): boolean =>
  number % stride === 0 || Number.isInteger(Math.log2(number));

export interface Snapshot {
  readonly epoch: number;
  /** Metric on valid. Larger is better. */
  readonly quality: number;
}

/**
 * Selects the checkpoints of the trajectory: `checkpoints - 1` snapshots before the best one, each the closest one left to its evenly spaced
 * position, then the best one (choice C2 of docs/methods/hetcomp.md). Fewer if the run was too short.
 * @returns epochs, ascending
 */
export function chooseEpochs(kept: readonly Snapshot[], best: Snapshot, o: TrajectoryOptions): number[] {
  const place = {
    epochs: (s: Snapshot) => s.epoch / best.epoch,
    'log-epochs': (s: Snapshot) => Math.log1p(s.epoch) / Math.log1p(best.epoch),
    quality: (s: Snapshot) => s.quality / best.quality,
  }[o.spread];
  let free = kept.filter((s) => s.epoch < best.epoch);
  const chosen: number[] = [];
  for (let c = 1; c < o.checkpoints && free.length > 0; c++) {
    const away = (s: Snapshot) => Math.abs(place(s) - c / o.checkpoints);
    const nearest = free.reduce((a, b) => (away(b) < away(a) ? b : a));
    chosen.push(nearest.epoch);
    free = free.filter((s) => s !== nearest);
  }
  return [...chosen.sort((a, b) => a - b), best.epoch];
}
