/** The one ranking that a method of one teacher learns from. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { fuseRankings, importanceOptions } from './ensemble/index.js';

/** Of a single teacher its ranking at its best; of several the ensemble's, fused with equal weights (importance exp(-rank / 40)). */
export function oneRanking(teachers: readonly Trajectory[], train: Interactions): Rankings {
  const last = teachers.map((t) => t.checkpoints.at(-1)!.rankings);
  if (last.length === 1) return last[0]!;
  const depth = Math.max(...last.map((r) => r.depth));
  return fuseRankings(last, { ...importanceOptions.parse({}), cutoff: depth }, depth, { mask: train });
}
