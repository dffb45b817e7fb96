/** A trajectory: ordered checkpoints of one teacher, each as the ranking it gives to every user. */
import type { Rankings } from './rankings.js';

export interface TrajectoryCheckpoint {
  readonly epoch: number;
  /** The teacher's quality on the valid part at this checkpoint, by metric name; empty where it was not measured. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Unobserved items of each user, best first. */
  readonly rankings: Rankings;
}

export interface Trajectory {
  readonly teacher: string;
  /** Fingerprint of the data set that the teacher was trained on. */
  readonly dataFingerprint: string;
  /** Earliest first, over the same users, items and depth; the last one is the teacher at its best. */
  readonly checkpoints: readonly TrajectoryCheckpoint[];
  /** Each user's own train items, best first, by the teacher at its best; absent where it is not known, as for a teacher from elsewhere that ranks candidates only. */
  readonly observed?: Rankings;
}
