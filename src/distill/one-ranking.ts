/** The single ranking that a method for one teacher uses. */
import type { Interactions } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import type { TeacherKnowledge } from './_method.js';
import { fuseRankings, type ImportanceOptions, importanceOptions } from './ensemble/index.js';

/** How these methods fuse several teachers. @param depth of the longest list */
export const usualImportance = (depth: number): ImportanceOptions => ({
  ...importanceOptions.parse({}),
  cutoff: depth,
});

/** For one teacher, its ranking at the best epoch. For several, that of the ensemble with their weights (importance exp(-rank / 40)). */
export function oneRanking(teachers: readonly TeacherKnowledge[], train: Interactions): Rankings {
  const last = teachers.map((t) => t.checkpoints.at(-1)!.rankings);
  if (last.length === 1) return last[0]!;
  const depth = Math.max(...last.map((r) => r.depth));
  const weights = teachers.map((t) => t.weight ?? 1);
  return fuseRankings(last, usualImportance(depth), depth, { mask: train, weights });
}
