/**
 * Sampling weights of bidirectional distillation (Kweon et al., WWW 2021). Items are more likely the more the ranks by teacher and student
 * differ. docs/methods/bd.md explains the rules.
 */
import type { Kernels, RankOrder, RankRule } from '../../kernels/index.js';

/** Which model learns. */
export type Direction = 'to-teacher' | 'to-student';

export type Sampling = 'intended' | 'published' | 'uniform' | 'top' | 'swapped';

export interface WeightOptions {
  readonly sampling: Sampling;
  /** Parameter of the exponential rule. */
  readonly epsilon: number;
  /** Parameter of the tanh rule. */
  readonly epsilonTanh: number;
  /** Parameter of `top`. */
  readonly rankTemperature: number;
}

/** An item at teacher's rank t and student's rank s has the weight `weight(teacher * t + student * s)`. */
export interface DiscrepancyRule {
  readonly teacher: -1 | 0 | 1;
  readonly student: -1 | 0 | 1;
  weight(x: number): number;
}

/**
 * Weights for the teacher's and the student's items in each sampling rule, by teacher's rank t and student's rank s:
 *
 *     intended   teacher: exp(epsilon (t - s))                       student: tanh(max(epsilonTanh (s - t), 0))
 *     swapped    teacher: tanh(max(epsilonTanh (t - s), 0))          student: exp(epsilon (s - t))
 *     uniform    1
 *     top        teacher: exp(-s / rankTemperature)                  student: exp(-t / rankTemperature)
 *     published  as intended, but with ranks counted from the lowest score (`rankOrder`): it prefers the items that intended avoids
 */
export function discrepancyRule(direction: Direction, o: WeightOptions): DiscrepancyRule {
  const exp = (x: number) => Math.exp(o.epsilon * x);
  const tanh = (x: number) => Math.tanh(Math.max(o.epsilonTanh * x, 0));
  const front = (rank: number) => Math.exp(-rank / o.rankTemperature);
  const toTeacher = direction === 'to-teacher';
  // High for items that the learner ranks low and the other model ranks high.
  const lag = toTeacher ? ({ teacher: 1, student: -1 } as const) : ({ teacher: -1, student: 1 } as const);
  switch (o.sampling) {
    case 'intended':
    case 'published':
      return { ...lag, weight: toTeacher ? exp : tanh };
    case 'swapped':
      return { ...lag, weight: toTeacher ? tanh : exp };
    case 'top':
      return toTeacher ? { teacher: 0, student: 1, weight: front } : { teacher: 1, student: 0, weight: front };
    case 'uniform':
      return { teacher: 0, student: 0, weight: () => 1 };
  }
}

/**
 * The rank order of a sampling rule: best first among a user's unobserved items, or as in the published code.
 * @param observed the score of train items in the published order
 */
export function rankOrder(sampling: Sampling, observed: number): Pick<RankOrder, 'first' | 'maskedScore'> {
  return sampling === 'published' ? { first: 'lowest', maskedScore: observed } : { first: 'highest' };
}

/**
 * The published code sets the scores of train items to 0. That is in the middle of signed scores, but below all outputs of its autoencoder,
 * which are probabilities and positive.
 */
export const publishedObserved = (model: string): number =>
  ['cdae', 'mult-vae'].includes(model) ? Number.NEGATIVE_INFINITY : 0;

/** The rule as a table in kernel memory, for all ranks from 1 to `nItems`. Free its weights. */
export function ruleTable(k: Kernels, { teacher, student, weight }: DiscrepancyRule, nItems: number): RankRule {
  const signs = [teacher, student];
  const offset = nItems * signs.filter((sign) => sign < 0).length;
  const weights = k.floats(offset + nItems * signs.filter((sign) => sign > 0).length + 1);
  for (let at = 0; at < weights.length; at++) weights[at] = weight(at - offset);
  return { weights, offset, first: teacher, second: student };
}

/** exp(epsilon x) must stay finite in float32 for all rank differences x. */
const MOST_EXPONENT = 80;

/** The largest epsilon that does not overflow for `nItems` items. */
export const maxEpsilon = (nItems: number): number => MOST_EXPONENT / nItems;
