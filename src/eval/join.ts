/** Joins the values of users that were evaluated in shards. */
import { type Evaluation, mean } from './evaluate.js';
import { evaluatedMetrics, metricOf } from './metrics/index.js';

/** Names of the metrics over all lists, which are evaluated in one piece. */
export const listMetrics = (): string[] => evaluatedMetrics().filter((name) => metricOf(name).kind === 'lists');

/** Keys of the values per user, in the order of an evaluation in one piece. */
export const userKeys = (at: readonly number[]): string[] =>
  evaluatedMetrics()
    .filter((name) => metricOf(name).kind === 'user')
    .flatMap((name) => at.map((k) => `${name}@${k}`));

/**
 * The evaluation with the values of all shards. Means are summed in the order of the users, as without shards.
 * @param lists the same evaluation in `listMetrics` alone
 * @param pieces values of the users of each shard by key, in the order of the shards
 * @param keys of the values, in order
 */
export function joinedEvaluation(
  lists: Evaluation,
  pieces: readonly Readonly<Record<string, Int32Array | Float64Array>>[],
  keys: readonly string[],
): Evaluation {
  const perUser = Object.fromEntries(
    keys.map((key) => {
      const values = new Float64Array(lists.users.length);
      let at = 0;
      for (const piece of pieces) {
        values.set(piece[key]!, at);
        at += piece[key]!.length;
      }
      return [key, values];
    }),
  );
  const means = Object.fromEntries(keys.map((key) => [key, mean(perUser[key]!)]));
  return { ...lists, perUser, means };
}
