/**
 * How bidirectional distillation (Kweon et al., WWW 2021) chooses the items that one model learns from the other: random ones, the likelier the
 * more the two disagree on their place. docs/methods/bd.md tells the rules apart.
 */
import type { Kernels, RankOrder, RankRule } from '../../kernels/index.js';

/** Who learns. */
export type Direction = 'to-teacher' | 'to-student';

export type Sampling = 'intended' | 'published' | 'uniform' | 'top' | 'swapped';

export interface WeightOptions {
  readonly sampling: Sampling;
  /** Of the exponential rule. */
  readonly epsilon: number;
  /** Of the rule with tanh. */
  readonly epsilonTanh: number;
  /** Of `top`. */
  readonly rankTemperature: number;
}

/** An item that the teacher has at rank t and the student at rank s weighs `weight(teacher * t + student * s)`. */
export interface DiscrepancyRule {
  readonly teacher: -1 | 0 | 1;
  readonly student: -1 | 0 | 1;
  weight(x: number): number;
}

/**
 * What the teacher and the student learn by each way of sampling, in ranks t and s:
 *
 *     intended   teacher: exp(epsilon (t - s))                       student: tanh(max(epsilonTanh (s - t), 0))
 *     swapped    teacher: tanh(max(epsilonTanh (t - s), 0))          student: exp(epsilon (s - t))
 *     uniform    1
 *     top        teacher: exp(-s / rankTemperature)                  student: exp(-t / rankTemperature)
 *     published  as intended, but in ranks from the lowest score on (`rankOrder`): as published, it draws what intended would avoid
 */
export function discrepancyRule(direction: Direction, o: WeightOptions): DiscrepancyRule {
  const exp = (x: number) => Math.exp(o.epsilon * x);
  const tanh = (x: number) => Math.tanh(Math.max(o.epsilonTanh * x, 0));
  const front = (rank: number) => Math.exp(-rank / o.rankTemperature);
  const toTeacher = direction === 'to-teacher';
  // What the learner has far behind and the other one in front.
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
 * Which ranks the rules speak of: best first among a user's unobserved items, or as in the published code.
 * @param observed the score with which train items take part there
 */
export function rankOrder(sampling: Sampling, observed: number): Pick<RankOrder, 'first' | 'maskedScore'> {
  return sampling === 'published' ? { first: 'lowest', maskedScore: observed } : { first: 'highest' };
}

/**
 * The published code sets the scores of train items to 0: among signed ones, but behind the outputs of its autoencoder, which are all above 0, as
 * probabilities of another are.
 */
export const publishedObserved = (model: string): number =>
  ['cdae', 'mult-vae'].includes(model) ? Number.NEGATIVE_INFINITY : 0;

/** The rule as a table in kernel memory, over all that ranks from 1 to `items` can give; free its weights. */
export function ruleTable(k: Kernels, { teacher, student, weight }: DiscrepancyRule, nItems: number): RankRule {
  const signs = [teacher, student];
  const offset = nItems * signs.filter((sign) => sign < 0).length;
  const weights = k.floats(offset + nItems * signs.filter((sign) => sign > 0).length + 1);
  for (let at = 0; at < weights.length; at++) weights[at] = weight(at - offset);
  return { weights, offset, first: teacher, second: student };
}

/** exp(epsilon x) for differences of ranks has to stay within what float32 holds. */
const MOST_EXPONENT = 80;

/** The largest epsilon that works with so many items. */
export const mostEpsilon = (nItems: number): number => MOST_EXPONENT / nItems;
