/** Results of a study: values over seeds, and significance tests of the entries against one of them. */

import { defined } from '../../../defined.js';
import type { EnsembleChoice } from '../../../distill/index.js';
import { type ComparisonRow, comparing, type Evaluation } from '../../../eval/index.js';
import { runInParts, type Step } from '../../../progress.js';
import type { Cost } from '../../../runs/outcome.js';
import { type Gain, withBestDirect } from '../matched.js';
import { costOf, type PipelineRow } from '../pipeline.js';
import type { Role } from '../plan.js';

/** A row of the table: the same model with every seed. */
export interface StudyRow extends Partial<Cost> {
  readonly name: string;
  readonly role: Role;
  /** Absent in results of earlier versions, as `dim`. */
  readonly model?: string;
  readonly method?: string;
  /** Dim of its tables; absent for a model whose scores are no inner products. */
  readonly dim?: number;
  /** By metric: one value for each seed. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** The same on the hidden interactions, in the setup generalization. */
  readonly hidden?: Readonly<Record<string, readonly number[]>>;
  /** The weights that were chosen with each seed; absent if they are equal. */
  readonly ensembles?: readonly EnsembleChoice[];
}

/** @param seeds the rows of each seed, with the same names in the same order */
export function rowsOver(seeds: readonly (readonly PipelineRow[])[], metrics: readonly string[]): StudyRow[] {
  return seeds[0]!.map((first, at) => {
    const rows = seeds.map((s) => s[at]!);
    const valuesOf = (of: (row: PipelineRow) => Evaluation) =>
      Object.fromEntries(metrics.map((m) => [m, rows.map((row) => of(row).means[m]!)]));
    return {
      ...{ name: first.name, role: first.role, values: valuesOf((row) => row.evaluation) },
      ...(first.role === 'ensemble' ? {} : { model: first.model }),
      ...defined({ method: first.method, dim: first.dim }),
      ...(first.ensemble ? { ensembles: rows.flatMap((row) => row.ensemble ?? []) } : {}),
      ...(first.hidden ? { hidden: valuesOf((row) => row.hidden!) } : {}),
      ...costOf((what) => {
        const known = rows.flatMap((row) => row[what] ?? []);
        return known.length === rows.length ? mean(known) : undefined;
      }),
    };
  });
}

/**
 * Paired tests of the students against one of them. The value of a user is its mean over the seeds, so that each user counts once. P-values
 * are adjusted by Holm over all metrics and students.
 */
export async function testedAgainst(
  seeds: readonly (readonly PipelineRow[])[],
  against: string,
  metrics: readonly string[],
  step: Step,
  part: 'evaluation' | 'hidden' = 'evaluation',
): Promise<ComparisonRow[]> {
  const students = seeds[0]!.flatMap((row, at) => (row.role === 'student' ? [{ name: row.name, at }] : []));
  const means = students.map(({ name, at }) => ({ name, evaluation: meanEvaluation(seeds.map((s) => s[at]![part]!)) }));
  const base = means.find((m) => m.name === against)!;
  const others = means.filter((m) => m !== base);
  if (others.length === 0) return [];
  return runInParts(comparing(base.evaluation, others, { metrics, adjust: 'holm' }), step);
}

/**
 * Each distilled student against the best row of its dim that was trained without teachers, the best in the mean of `selectBy` on test over
 * seeds. Tests as of `testedAgainst`; P-values are adjusted over the students that have the same row to beat.
 */
export async function gainsOf(
  seeds: readonly (readonly PipelineRow[])[],
  metrics: readonly string[],
  selectBy: string,
  step: Step,
): Promise<Gain[]> {
  const rows = seeds[0]!;
  const evaluationOf = (row: PipelineRow) => meanEvaluation(seeds.map((s) => s[rows.indexOf(row)]!.evaluation));
  const value = (row: PipelineRow) => mean(seeds.map((s) => s[rows.indexOf(row)]!.evaluation.means[selectBy]!));
  const gains: Gain[] = [];
  for (const { base, students } of withBestDirect(rows, value)) {
    const others = students.map((s) => ({ name: s.name, evaluation: evaluationOf(s) }));
    const tests = await runInParts(comparing(evaluationOf(base), others, { metrics, adjust: 'holm' }), step);
    gains.push(...tests.map((t) => ({ ...t, against: base.name })));
  }
  return gains;
}

/** Each user's mean over evaluations of the same users, such as those of several seeds. */
export function meanEvaluation(all: readonly Evaluation[]): Evaluation {
  const first = all[0]!;
  const { popularity: _, ...rest } = first;
  const perUser = Object.fromEntries(
    Object.keys(first.perUser).map((key) => [
      key,
      first.perUser[key]!.map((_, u) => mean(all.map((e) => e.perUser[key]![u]!))),
    ]),
  );
  return {
    ...rest,
    perUser,
    means: Object.fromEntries(Object.keys(first.means).map((m) => [m, mean(all.map((e) => e.means[m]!))])),
  };
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Standard deviation with n - 1; NaN for a single value. */
export function deviation(values: readonly number[]): number {
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1));
}
