/** Sets several evaluations against one base, user by user, with everything needed to believe or doubt a difference. */
import { fail } from '../errors.js';
import { runSync } from '../progress.js';
import { benjaminiHochberg, holm } from './adjust.js';
import { type BootstrapOptions, bootstrapping, type Interval } from './bootstrap.js';
import { pairedDifferences } from './differences.js';
import type { Evaluation } from './evaluate.js';
import { pairedT, wilcoxonSignedRank } from './significance.js';

const adjustments = { holm, bh: benjaminiHochberg } as const;
const tests = {
  t: (a: Float64Array, b: Float64Array): number => pairedT(a, b).pTwoSided,
  wilcoxon: (a: Float64Array, b: Float64Array): number => wilcoxonSignedRank(a, b).p,
} as const;

export interface CompareOptions {
  /** Keys of per-user values such as `recall@10`. */
  readonly metrics: readonly string[];
  /**
   * How the p-values of all rows together are adjusted: Holm (any false finding) or Benjamini-Hochberg (share of them).
   */
  readonly adjust: keyof typeof adjustments;
  /** Paired t test by default. */
  readonly test?: keyof typeof tests;
  /** Of the interval of the difference. */
  readonly bootstrap?: BootstrapOptions;
}

export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: Evaluation;
}

/** One other evaluation against the base in one metric. NaN = not defined. */
export interface ComparisonRow {
  readonly name: string;
  /** Key such as `recall@10`. */
  readonly metric: string;
  /** Mean over users of the base. */
  readonly base: number;
  /** Mean over users of this one. */
  readonly mean: number;
  /** mean - base: above 0 where this one is better. */
  readonly difference: number;
  /** difference / base; 0.05 = 5 % better. NaN where the base is 0. */
  readonly relativeDifference: number;
  /** Bootstrap interval of the difference. */
  readonly interval: Interval;
  /** Two-sided p-value of this row alone; NaN if no user differs. */
  readonly p: number;
  /** The same, adjusted over all rows of the comparison. */
  readonly adjustedP: number;
  /** Cohen's d_z: the difference in standard deviations of the per-user differences. */
  readonly dz: number;
}

/**
 * Compares per-user values of `others` with those of `base`. The rows come by metric, then in the order of `others`.
 * @throws RecdistillError `needs-not-met` if an evaluation is over other users than the base, `unknown-name` if a key
 *   was not evaluated or there is no such test or adjustment, `bad-option` for a bootstrap option out of range
 */
export const compare = (
  base: Evaluation,
  others: readonly NamedEvaluation[],
  options: CompareOptions,
): ComparisonRow[] => runSync(comparing(base, others, options));

/** The same in parts. */
export function* comparing(
  base: Evaluation,
  others: readonly NamedEvaluation[],
  options: CompareOptions,
): Generator<number, ComparisonRow[]> {
  const adjust = named('adjustment', adjustments, options.adjust);
  const test = named('paired test', tests, options.test ?? 't');
  for (const other of others) checkSameUsers(base, other);
  const pairs = options.metrics.flatMap((metric) =>
    others.map(({ name, evaluation }) => {
      const before = valuesOf('the base', base, metric);
      const after = valuesOf(name, evaluation, metric);
      return { name, metric, evaluation, before, after };
    }),
  );
  const intervals = yield* bootstrapping(
    pairs.map(({ before, after }) => pairedDifferences(after, before)),
    options.bootstrap,
  );
  const rows = pairs.map(({ name, metric, evaluation, before, after }, row) => {
    const t = pairedT(after, before);
    return {
      name,
      metric,
      base: base.means[metric]!,
      mean: evaluation.means[metric]!,
      difference: t.meanDifference,
      relativeDifference: base.means[metric] === 0 ? Number.NaN : t.meanDifference / base.means[metric]!,
      interval: intervals[row]!,
      p: test(after, before),
      dz: t.dz,
    };
  });
  const adjusted = adjust(rows.map(({ p }) => p));
  return rows.map((row, k) => ({ ...row, adjustedP: adjusted[k]! }));
}

function named<T>(kind: string, table: Readonly<Record<string, T>>, given: string): T {
  if (!Object.hasOwn(table, given)) fail('unknown-name', { kind, given, known: Object.keys(table).join(', ') });
  return table[given]!;
}

function valuesOf(owner: string, evaluation: Evaluation, metric: string): Float64Array {
  return named(`per-user value of ${owner}`, evaluation.perUser, metric);
}

function checkSameUsers(base: Evaluation, { name, evaluation }: NamedEvaluation): void {
  const n = base.users.length;
  const same = evaluation.users.length === n && base.users.every((user, row) => evaluation.users[row] === user);
  if (same) return;
  const difference =
    evaluation.users.length === n ? `as many users (${n}), but others` : `${evaluation.users.length} users, not ${n}`;
  fail('needs-not-met', {
    problem: `"${name}" cannot be compared with the base: it was evaluated on ${difference}`,
    hint: 'Evaluate both on the same part of the same split.',
  });
}
