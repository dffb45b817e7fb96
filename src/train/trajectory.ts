/**
 * How a run records its trajectory: it does not know which epoch will be its best, so it keeps snapshots on the way, thinned so
 * that there are never many, and chooses at the end.
 */
import { choice, int, type OptionsOf, options } from '../options/options.js';

export const trajectoryOptions = options({
  checkpoints: int({ default: 4, min: 1, max: 100, help: 'Checkpoints in the trajectory of a teacher.' }),
  spread: choice(['epochs', 'log-epochs', 'quality'], {
    default: 'epochs',
    help: 'How they are spread up to the best epoch: evenly over epochs, over the logarithm of epochs (more early ones), or over quality on valid.',
  }),
});

export type TrajectoryOptions = OptionsOf<typeof trajectoryOptions>;

/** At most twice this many snapshots are kept at any time, beside the earliest. */
const SNAPSHOTS = 16;

/** Distance, in evaluations, between the snapshots that are kept after `evaluations` of them: a power of two. */
export function strideAfter(evaluations: number): number {
  let stride = 1;
  while (evaluations / stride > SNAPSHOTS) stride *= 2;
  return stride;
}

/** Whether the snapshot of evaluation `number` (from 1) is kept at this stride: powers of two are, for what is learnt early. */
export const isKept = (number: number, stride: number): boolean =>
  number % stride === 0 || Number.isInteger(Math.log2(number));

export interface Snapshot {
  readonly epoch: number;
  /** On valid; the larger, the better. */
  readonly quality: number;
}

/**
 * Which of the kept snapshots make the trajectory: `checkpoints - 1` before the best one, each the nearest to its place of even
 * spacing that is left, then the best one (methods.md, choice C2). Fewer if the run was too short for so many.
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
