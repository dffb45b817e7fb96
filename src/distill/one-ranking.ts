/** The single ranking that a method for one teacher uses. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { fuseRankings, importanceOptions } from './ensemble/index.js';

/** For one teacher, its ranking at the best epoch. For several, the ensemble with equal weights (importance exp(-rank / 40)). */
export function oneRanking(teachers: readonly Trajectory[], train: Interactions): Rankings {
  const last = teachers.map((t) => t.checkpoints.at(-1)!.rankings);
  if (last.length === 1) return last[0]!;
  const depth = Math.max(...last.map((r) => r.depth));
  return fuseRankings(last, { ...importanceOptions.parse({}), cutoff: depth }, depth, { mask: train });
}
