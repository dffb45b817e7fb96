/** Compares evaluations with a base, user by user: differences, confidence intervals, p-values and effect sizes. */
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
   * Adjustment of the p-values over all rows: Holm (family-wise error rate) or Benjamini-Hochberg (false discovery rate).
   */
  readonly adjust: keyof typeof adjustments;
  /** Default: paired t test. */
  readonly test?: keyof typeof tests;
  /** Options of the confidence interval of the difference. */
  readonly bootstrap?: BootstrapOptions;
}

export interface NamedEvaluation {
  readonly name: string;
  readonly evaluation: Evaluation;
}

/** One evaluation compared with the base in one metric. NaN means not defined. */
export interface ComparisonRow {
  readonly name: string;
  /** Key such as `recall@10`. */
  readonly metric: string;
  /** Mean of the base over users. */
  readonly base: number;
  /** Mean of this evaluation over users. */
  readonly mean: number;
  /** mean - base. Above 0 if this evaluation is better. */
  readonly difference: number;
  /** difference / base; 0.05 means 5 % better. NaN if the base is 0. */
  readonly relativeDifference: number;
  /** Bootstrap confidence interval of the difference. */
  readonly interval: Interval;
  /** Two-sided p-value of this row alone. NaN if no user differs. */
  readonly p: number;
  /** The p-value adjusted over all rows of the comparison. */
  readonly adjustedP: number;
  /** Cohen's d_z: the difference in standard deviations of the per-user differences. */
  readonly dz: number;
}

/**
 * Compares per-user values of `others` with those of `base`. Rows are sorted by metric, then in the order of `others`.
 * @throws RecdistillError `needs-not-met` if an evaluation is over different users than the base, `unknown-name` if a key
 *   was not evaluated or there is no such test or adjustment, `bad-option` for a bootstrap option out of range
 */
export const compare = (
  base: Evaluation,
  others: readonly NamedEvaluation[],
  options: CompareOptions,
): ComparisonRow[] => runSync(comparing(base, others, options));

/** Like `compare`, as a generator that yields its progress. */
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
  const sizes =
    evaluation.users.length === n ? `${n} different users` : `${evaluation.users.length} users instead of ${n}`;
  const of = [evaluation, base].map(({ sample }) => (sample ? `a sample of ${sample.users} of ${sample.of}` : 'all'));
  const difference = of[0] === of[1] ? sizes : `${of[0]} users, the base on ${of[1]} users`;
  fail('needs-not-met', {
    problem: `"${name}" cannot be compared with the base: it was evaluated on ${difference}`,
    hint: 'Evaluate both on the same part of the same split.',
  });
}
