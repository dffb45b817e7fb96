/** Popularity and transfer of the rows of a study, over its seeds. */
import {
  type Evaluation,
  meanPopularity,
  measuringTransfer,
  type PopularitySummary,
  summarisingAll,
  type Transfer,
} from '../../../eval/index.js';
import { eachInParts } from '../../../progress.js';
import { aloneOf } from '../alone.js';
import type { PipelineRow } from '../pipeline.js';
import { meanEvaluation } from './result.js';

/** The popularity of a row: each value of a user is its mean over the seeds. */
export interface StudyPopularity {
  readonly name: string;
  readonly popularity: readonly PopularitySummary[];
}

/** The transfer ratio of a distilled student in one metric, against the same model without distillation and the teachers' ensemble. */
export interface StudyTransfer extends Partial<Transfer> {
  readonly name: string;
  readonly metric: string;
  readonly alone: string;
  readonly teacher: string;
}

type Seeds = readonly (readonly PipelineRow[])[];

/** In parts. @param seeds the rows of each seed, with the same names in the same order */
export function* summarisingSeeds(seeds: Seeds): Generator<number, StudyPopularity[]> {
  const found = seeds[0]!.flatMap(({ name }, at) => {
    const values = seeds.flatMap((rows) => rows[at]!.evaluation.popularity ?? []);
    const mean = values.length === seeds.length ? meanPopularity(values) : undefined;
    return mean ? [{ name, mean }] : [];
  });
  const summaries = yield* summarisingAll(found.map(({ mean }) => mean));
  return found.map(({ name }, at) => ({ name, popularity: summaries[at]! }));
}

/**
 * In parts, one entry for each distilled student and metric. The teacher is the ensemble, or the only teacher. A ratio is absent where the teacher is not better.
 */
export function* measuringTransfersOf(seeds: Seeds, metrics: readonly string[]): Generator<number, StudyTransfer[]> {
  const rows = seeds[0]!;
  const teachers = rows.filter((r) => r.role === 'teacher');
  const teacher = rows.find((r) => r.role === 'ensemble') ?? (teachers.length === 1 ? teachers[0] : undefined);
  if (!teacher) return [];
  const evaluations = new Map<PipelineRow, Evaluation>();
  const evaluationOf = (row: PipelineRow): Evaluation => {
    const known = evaluations.get(row) ?? meanEvaluation(seeds.map((s) => s[rows.indexOf(row)]!.evaluation));
    evaluations.set(row, known);
    return known;
  };
  const students = rows.flatMap((row) => {
    const alone = aloneOf(row, rows);
    return alone ? [{ row, alone }] : [];
  });
  const of = students.map(({ row, alone }) => ({
    ...{ distilled: evaluationOf(row), alone: evaluationOf(alone), teacher: evaluationOf(teacher) },
  }));
  const all = yield* eachInParts(metrics, function* (metric) {
    return (yield* measuringTransfer(of, metric)).map((found, at) => {
      const { row, alone } = students[at]!;
      return { name: row.name, metric, alone: alone.name, teacher: teacher.name, ...found };
    });
  });
  return all.flat();
}
