/**
 * The evaluation protocol: full ranking, train items masked (when testing also valid items), mean over users with a relevant item. Users who
 * are held out whole have a given history instead of train items.
 */

import {
  count,
  type Dataset,
  type Interactions,
  itemCounts,
  knownItems,
  type Rankings,
  rankingsOf,
  rowsOfUsers,
  union,
} from '../data/index.js';
import { fail } from '../errors.js';
import { numbers, type OptionsOf, optionalInt, options, parseOptions, text } from '../options/options.js';
import { runSync } from '../progress.js';
import { type Evaluation, evaluating } from './evaluate.js';
import { evaluatedMetrics } from './metrics/index.js';
import { sampleUsers, type UserSample } from './sample.js';

export const evaluationOptions = options({
  at: numbers({
    default: [],
    min: 1,
    help: 'List lengths K of the metrics, at most the number of items. Default: 10 and 50; with fewer than 100 items, at most a quarter and a half of their number.',
  }),
  selectBy: text({
    default: 'auto',
    help: 'Metric on valid that selects the best epoch, such as ndcg@10. auto: recall at the largest of the list lengths that is at most half of the items.',
  }),
  evalUsers: optionalInt({
    min: 1,
    help: 'Evaluate on a sample of so many users, always the same of the same data, also when the best epoch is selected. Lists are ranked for all users at the end. Default: all users.',
  }),
});

export type EvaluationOptions = OptionsOf<typeof evaluationOptions>;

/** The usual list lengths. In a catalogue not much longer, every list would have all that is left for a user, and the recall would be 1. */
const USUAL = [10, 50] as const;

/**
 * The options with list lengths and a metric that selects, both chosen for the catalogue unless given. What runs record has them.
 * @param nItems size of the catalogue
 */
export function evaluationFor(
  given: Partial<EvaluationOptions> | undefined,
  { nItems }: { readonly nItems: number },
): EvaluationOptions {
  const o = parseOptions(evaluationOptions, given, 'evaluation');
  const at = o.at.length > 0 ? o.at : lengthsFor(nItems);
  const telling = at.filter((k) => 2 * k <= nItems);
  const k = telling.length > 0 ? Math.max(...telling) : Math.min(...at);
  const selectBy = o.selectBy === 'auto' ? `recall@${k}` : o.selectBy;
  return { at, selectBy, ...(o.evalUsers === undefined ? {} : { evalUsers: o.evalUsers }) };
}

/** The metric that selects if it has one of the list lengths, or else `auto`: one that a run recorded does not fit other lengths. */
export const fittingMetric = ({ at, selectBy }: EvaluationOptions): string =>
  at.length === 0 || at.some((k) => selectBy.endsWith(`@${k}`)) ? selectBy : 'auto';

function lengthsFor(nItems: number): number[] {
  return [...new Set([4, 2].map((part, at) => Math.max(1, Math.min(USUAL[at]!, Math.floor(nItems / part)))))];
}

/** Minimum length of the lists that are stored for distillation and for the ensemble. */
export const LIST_LENGTH = 100;

/** What is measured of rankings. */
export interface Measures {
  /** Required depth of rankings. */
  readonly depth: number;
  /** The users who are evaluated, if they are a sample. */
  readonly sample?: UserSample;
  /** Evaluates rankings masked with `mask.valid` on valid, in the requested metrics and K. */
  valid(rankings: Rankings): Evaluation;
  /** The three as generators that yield their progress, for many users. */
  readonly parts: {
    valid(rankings: Rankings): Generator<number, Evaluation>;
    test(rankings: Rankings): Generator<number, Evaluation>;
    hidden(rankings: Rankings): Generator<number, Evaluation | undefined>;
  };
  /** Evaluates rankings masked with `mask.test` on test, in all metrics; in none if nothing is held out. */
  test(rankings: Rankings): Evaluation;
  /** Like `test`, on the hidden interactions. Undefined if the data has none. */
  hidden(rankings: Rankings): Evaluation | undefined;
  /** False if the data has no valid part: then no epoch can be selected, and the last one is kept. */
  readonly selects: boolean;
  /** The metric that selects the best epoch, such as `recall@50`. */
  readonly selectBy: string;
  /** Its value. */
  select(evaluation: Evaluation): number;
}

export interface Evaluator extends Measures {
  /** Items to mask: they are not candidates. */
  readonly mask: { readonly valid: Interactions; readonly test: Interactions };
  /** Histories of users who are held out whole: the rankings of these users are by `histories` of the model. Absent: none is. */
  readonly foldIn?: Interactions;
  /** The lists from which students learn: those of users who take part in training. The same rankings if no user is held out whole. */
  taught(rankings: Rankings): Rankings;
}

/** @throws RecdistillError `bad-option` if K exceeds the number of items or `selectBy` is not an evaluated metric */
export function createEvaluator(dataset: Dataset, given: EvaluationOptions): Evaluator {
  const { train, valid, test, hidden, foldIn } = dataset;
  let mask: Evaluator['mask'] | undefined;
  let known: Interactions | undefined;
  const profiles = () => {
    known ??= knownItems(dataset);
    return known;
  };
  const measured = { valid, test, ...(hidden ? { hidden } : {}), nItems: train.nItems };
  return {
    ...createMeasures({ ...measured, trainCounts: () => itemCounts(train), profiles }, given),
    // Made late: a process that only plans does not read the interactions.
    get mask() {
      mask ??= { valid: profiles(), test: union(profiles(), foldIn ? ofTested(valid, test) : valid) };
      return mask;
    },
    ...(foldIn ? { foldIn } : {}),
    taught: (rankings) => (train.trainUsers ? rankingsOf(rankings, train.trainUsers) : rankings),
  };
}

/** The held-out parts of a data set, and what metrics need to know of train. */
export interface Measured extends Pick<Dataset, 'valid' | 'test' | 'hidden'> {
  readonly nItems: number;
  /** Train interactions of each item. Called when something is evaluated. */
  trainCounts(): Int32Array;
  /** The items that each user had. Called when test or the hidden interactions are evaluated. Absent: popularity is left out of evaluations. */
  profiles?(): Interactions;
}

/** @throws RecdistillError as `createEvaluator` */
export function createMeasures(measured: Measured, given: EvaluationOptions): Measures {
  const { nItems, valid, test, hidden } = measured;
  const o = evaluationFor(given, { nItems });
  for (const k of o.at) {
    if (!Number.isInteger(k) || k > nItems) {
      const expected = `whole numbers from 1 to the number of items, ${nItems}`;
      fail('bad-option', {
        option: 'at',
        owner: 'evaluation',
        given: k,
        expected,
        help: `Choose shorter lists: --at ${lengthsFor(nItems).join(',')}.`,
      });
    }
  }
  const known = evaluatedMetrics().flatMap((m) => o.at.map((k) => `${m}@${k}`));
  if (!known.includes(o.selectBy)) {
    fail('bad-option', {
      option: 'selectBy',
      owner: 'evaluation',
      given: o.selectBy,
      expected: `one of ${known.join(', ')}`,
      help: `With these list lengths, choose for example --select-by recall@${Math.max(...o.at)} (selectBy in YAML), or leave it out.`,
    });
  }
  const depth = Math.min(nItems, Math.max(LIST_LENGTH, ...o.at));
  const selected = o.selectBy.split('@')[0]!;
  // Read late: a search does not look at test.
  const holdsOut = () => count(valid) + count(test) > 0;
  const sample = sampleUsers(measured, o.evalUsers);
  let trainCounts: Int32Array | undefined;
  const how = () => {
    trainCounts ??= measured.trainCounts();
    return { topK: o.at, trainCounts, ...(sample ? { sample } : {}) };
  };
  const full = (rankings: Rankings, part: Interactions) => {
    if (!holdsOut()) return evaluating(rankings, part, { metrics: [], ...how() });
    const profiles = measured.profiles?.();
    return evaluating(rankings, part, { metrics: evaluatedMetrics(), ...how(), ...(profiles ? { profiles } : {}) });
  };
  const often = [...new Set(['recall', 'ndcg', selected])];
  const parts: Measures['parts'] = {
    valid: (rankings) => evaluating(rankings, valid, { metrics: often, ...how() }),
    test: (rankings) => full(rankings, test),
    *hidden(rankings) {
      return hidden ? yield* full(rankings, hidden.interactions) : undefined;
    },
  };
  return {
    depth,
    ...(sample ? { sample } : {}),
    parts,
    valid: (rankings) => runSync(parts.valid(rankings)),
    test: (rankings) => runSync(parts.test(rankings)),
    hidden: (rankings) => runSync(parts.hidden(rankings)),
    selects: count(valid) > 0,
    selectBy: o.selectBy,
    select: (evaluation) => evaluation.means[o.selectBy] ?? evaluation.beyondAccuracy.evaluatedUsers[o.selectBy]!,
  };
}

/** The valid items of users who are tested. If users are held out whole, others are only in valid, and their lists stay as they were evaluated there. */
const ofTested = (valid: Interactions, test: Interactions): Interactions =>
  rowsOfUsers(
    valid,
    test.indptr.slice(1).map((end, u) => Number(end > test.indptr[u]!)),
  );
