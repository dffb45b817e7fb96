/** Chooses the weights of an ensemble on valid, and says what each member adds. */
import type { Rankings } from '../../data/rankings.js';
import { brokenUnit } from '../../options/registry.js';
import { shown } from '../../options/unit-check.js';
import { runInParts, type Step } from '../../progress.js';
import { createFusedValue, type ValidPart } from './fused-value.js';
import type { ImportanceOptions } from './importance.js';
import { type Addition, type EnsembleKind, ensembleRegistry } from './weights/index.js';

/** A member whose weight is sought. */
export interface Candidate {
  readonly name: string;
  /** Its lists as they are evaluated on valid. */
  readonly lists: Rankings;
  readonly parameters?: number;
}

/** What was chosen, and from what. JSON values only. */
export interface EnsembleChoice {
  /** Name of the rule: `equal`, `valid`, `greedy`, or one of your own. */
  readonly kind: string;
  /** The selection metric. All values are of this metric on valid. */
  readonly metric: string;
  /** Importance of rank r is exp(-r / temperature), and 0 from `cutoff` on. */
  readonly temperature: number;
  readonly cutoff: number;
  readonly members: readonly ChosenMember[];
  /** The members in the order in which they were added, and the value after each. Without a selection: by their own value, best first. */
  readonly additions: readonly Addition[];
  /** Value of the ensemble. */
  readonly value: number;
}

export interface ChosenMember {
  readonly name: string;
  readonly parameters?: number;
  /** Value of this member alone. */
  readonly value: number;
  /** At least 0. The weights sum to 1. */
  readonly weight: number;
  /** Value of the ensemble without this member, the other weights as they are. Absent if it has weight 0 or is the only one. */
  readonly without?: number;
}

/**
 * @param members at least one, over the same users and items
 * @throws RecdistillError `broken-unit` if a rule of a user returns no weights, `interrupted`
 */
export async function chooseEnsemble(
  members: readonly Candidate[],
  kind: EnsembleKind,
  importance: ImportanceOptions,
  part: ValidPart,
  step: Step,
): Promise<EnsembleChoice> {
  // Ranks of earlier checkpoints are not read: weights follow from the importance by rank.
  const o: ImportanceOptions = { ...importance, importance: 'rank' };
  const fused = createFusedValue(
    members.map((m) => m.lists),
    o,
    part,
  );
  const value = (weights: readonly number[]) => runInParts(fused(weights), step);
  const only =
    (...kept: readonly number[]) =>
    (weight: number, at: number) =>
      kept.includes(at) ? weight : 0;
  const ones = members.map(() => 1);
  const alone: number[] = [];
  for (const at of members.keys()) alone.push(await value(ones.map(only(at))));
  const known = members.map(({ name, parameters }, at) => ({
    ...{ name, value: alone[at]! },
    ...(parameters === undefined ? {} : { parameters }),
  }));
  const weighed = members.length === 1 ? { weights: ones } : await kind.weigh({ members: known, value });
  const weights = sharesOf(checked(kind, weighed.weights, members.length));
  const used = weights.flatMap((weight, at) => (weight > 0 ? [at] : []));
  const additions: Addition[] = [...(weighed.additions ?? [])];
  if (additions.length === 0) {
    const order = [...used].sort((a, b) => alone[b]! - alone[a]! || a - b);
    for (const [n, member] of order.entries())
      additions.push({ member, value: await value(weights.map(only(...order.slice(0, n + 1)))) });
  }
  const chosen: ChosenMember[] = [];
  for (const [at, member] of known.entries()) {
    const rest = used.filter((other) => other !== at);
    const left = weights[at]! > 0 && rest.length > 0 ? { without: await value(weights.map(only(...rest))) } : {};
    chosen.push({ ...member, weight: weights[at]!, ...left });
  }
  return {
    ...{ kind: kind.name, metric: part.evaluator.selectBy, temperature: o.temperature, cutoff: o.cutoff },
    ...{ members: chosen, additions, value: await value(weights) },
  };
}

const sharesOf = (weights: readonly number[]): number[] => {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
};

/** @throws RecdistillError `broken-unit` */
function checked({ name, ...kind }: EnsembleKind, weights: readonly number[], count: number): readonly number[] {
  const right =
    Array.isArray(weights) &&
    weights.length === count &&
    weights.every((w) => Number.isFinite(w) && w >= 0) &&
    weights.some((w) => w > 0);
  if (right) return weights;
  const problem = `weigh returned the weights ${shown(weights)}; expected ${count} numbers, each at least 0 and one above 0`;
  return brokenUnit(kind.unit, ensembleRegistry.find(name).name, problem);
}
