/**
 * The importance of an item by its rank in one teacher's list. HetComp's own function is not published. This is the documented choice C1
 * (docs/methods/hetcomp.md): e^(-rank / temperature), and 0 from rank `cutoff` on. Optionally with a term for items whose rank was stable
 * over the teacher's checkpoints so far (ConCF, WWW 2022).
 */
import { choice, float, int, options } from '../../options/options.js';

export const importanceOptions = options({
  importance: choice(['rank', 'rank+consistency'], {
    default: 'rank',
    help: 'Importance of an item: by its rank alone, or also by how stable its rank was over the checkpoints so far.',
  }),
  temperature: float({
    default: 40,
    above: 0,
    max: 1e6,
    help: 'Importance of rank r (from 0) is exp(-r / temperature).',
  }),
  cutoff: int({
    default: 100,
    min: 1,
    max: 1_000_000,
    help: 'Items at this rank (from 0) or lower have no importance.',
  }),
});

export interface ImportanceOptions {
  readonly importance: 'rank' | 'rank+consistency';
  readonly temperature: number;
  readonly cutoff: number;
}

/** exp(-rank / temperature), and 0 from `cutoff` on. Ranks start at 0. */
export const rankImportance = (rank: number, temperature: number, cutoff: number): number =>
  rank < cutoff ? Math.exp(-rank / temperature) : 0;

/** exp(-std / 100) with the population standard deviation of the item's ranks over checkpoints. */
export function consistencyImportance(ranks: readonly number[]): number {
  const mean = ranks.reduce((a, b) => a + b, 0) / ranks.length;
  const variance = ranks.reduce((a, r) => a + (r - mean) ** 2, 0) / ranks.length;
  return Math.exp(-Math.sqrt(variance) / 100);
}
