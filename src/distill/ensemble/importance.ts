/**
 * How much one teacher thinks of an item, from the rank it gives it. HetComp's own function is not published; this is the documented
 * choice C1 (docs/methods/hetcomp.md): e^(-rank / temperature), nothing from rank `cutoff` on; optionally plus a term for items
 * whose rank has been steady over the teacher's last checkpoints (ConCF, WWW 2022).
 */
import { choice, float, int, options } from '../../options/options.js';

export const importanceOptions = options({
  importance: choice(['rank', 'rank+consistency'], {
    default: 'rank',
    help: 'What an item is worth: its rank alone, or also how steady its rank was over the checkpoints so far.',
  }),
  temperature: float({
    default: 40,
    above: 0,
    max: 1e6,
    help: 'Importance of rank r (from 0) is exp(-r / temperature).',
  }),
  cutoff: int({ default: 100, min: 1, max: 1_000_000, help: 'Items of this rank (from 0) or worse count nothing.' }),
});

export interface ImportanceOptions {
  readonly importance: 'rank' | 'rank+consistency';
  readonly temperature: number;
  readonly cutoff: number;
}

/** exp(-rank / temperature), 0 from `cutoff` on; `rank` counts from 0. */
export const rankImportance = (rank: number, temperature: number, cutoff: number): number =>
  rank < cutoff ? Math.exp(-rank / temperature) : 0;

/** exp(-std / 100) with the population standard deviation of the item's ranks over some checkpoints. */
export function consistencyImportance(ranks: readonly number[]): number {
  const mean = ranks.reduce((a, b) => a + b, 0) / ranks.length;
  const variance = ranks.reduce((a, r) => a + (r - mean) ** 2, 0) / ranks.length;
  return Math.exp(-Math.sqrt(variance) / 100);
}
