/** The share of a teacher's advantage over the student alone that a distilled student has. */
import { runSync } from '../progress.js';
import { type BootstrapOptions, bootstrappingRatios, type Interval } from './bootstrap.js';
import type { Evaluation } from './evaluate.js';

/** (distilled - alone) / (teacher - alone). Undefined where the teacher is not better than the student alone. */
export const transferRatio = (distilled: number, alone: number, teacher: number): number | undefined =>
  teacher > alone ? (distilled - alone) / (teacher - alone) : undefined;

export interface Transfer {
  readonly ratio: number;
  /** Bootstrap interval over users; NaN if the teacher is not better than the student alone in too many resamples. */
  readonly interval: Interval;
}

/** Evaluations of the same users: of the distilled student, the same model without distillation, and the teacher. */
export interface TransferOf {
  readonly distilled: Evaluation;
  readonly alone: Evaluation;
  readonly teacher: Evaluation;
}

/**
 * The transfer ratio of each of several students in one metric, with intervals from the same resamples of users.
 * @param metric key of values per user, such as `recall@10`
 * @returns undefined for a student whose teacher is not better
 */
export const transferRatios = (
  students: readonly TransferOf[],
  metric: string,
  options?: BootstrapOptions,
): (Transfer | undefined)[] => runSync(measuringTransfer(students, metric, options));

/** Like `transferRatios`, as a generator that yields its progress. */
export function* measuringTransfer(
  students: readonly TransferOf[],
  metric: string,
  options?: BootstrapOptions,
): Generator<number, (Transfer | undefined)[]> {
  const difference = (a: Evaluation, b: Evaluation) =>
    a.perUser[metric]!.map((value, row) => value - b.perUser[metric]![row]!);
  const ratios = students.map(({ distilled, alone, teacher }) =>
    transferRatio(distilled.means[metric]!, alone.means[metric]!, teacher.means[metric]!),
  );
  const known = students.filter((_, at) => ratios[at] !== undefined);
  const columns = known.map(({ distilled, alone, teacher }) => ({
    numerator: difference(distilled, alone),
    denominator: difference(teacher, alone),
  }));
  const intervals = yield* bootstrappingRatios(columns, options);
  let next = 0;
  return ratios.map((ratio) => (ratio === undefined ? undefined : { ratio, interval: intervals[next++]! }));
}
