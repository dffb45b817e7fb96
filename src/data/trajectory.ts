/** A trajectory: checkpoints of one teacher in training order, each with a ranking for every user. */
import type { Rankings } from './rankings.js';

export interface TrajectoryCheckpoint {
  readonly epoch: number;
  /** Metrics on the valid part at this checkpoint. Empty if not measured. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Each user's unobserved items, best first. */
  readonly rankings: Rankings;
}

export interface Trajectory {
  readonly teacher: string;
  /** Fingerprint of the data set that the teacher was trained on. */
  readonly dataFingerprint: string;
  /** Earliest first, over the same users, items and depth. The last one is the teacher's best checkpoint. */
  readonly checkpoints: readonly TrajectoryCheckpoint[];
  /** Each user's observed (train) items, ranked by the best checkpoint. Absent if unknown, for example for an external teacher that ranks candidate items only. */
  readonly observed?: Rankings;
}
