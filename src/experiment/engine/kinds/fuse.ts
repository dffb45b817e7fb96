/** Combines the rankings of teachers into an ensemble and evaluates it. This takes seconds, so it is not stored. */
import type { Rankings } from '../../../data/index.js';
import { fuseInParts } from '../../../distill/ensemble/index.js';
import { type Evaluation, type Evaluator, LIST_LENGTH } from '../../../eval/index.js';
import { runInParts, type Step } from '../../../progress.js';
import type { FuseJob } from '../job.js';

/** @param rankings of the teachers, for the evaluation on test */
export async function performFuse(
  { options }: FuseJob,
  rankings: readonly Rankings[],
  evaluator: Evaluator,
  step: Step,
): Promise<{ readonly evaluation: Evaluation; readonly hidden?: Evaluation }> {
  const fused = await runInParts(fuseInParts(rankings, options, Math.max(LIST_LENGTH, rankings[0]!.depth)), step);
  const hidden = evaluator.hidden(fused);
  return { evaluation: evaluator.test(fused), ...(hidden ? { hidden } : {}) };
}
