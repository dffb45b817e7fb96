/** Combines the rankings of teachers into an ensemble and evaluates it. This takes seconds, so it is not stored. */
import type { Dataset, Rankings } from '../../../data/index.js';
import type { EnsembleChoice } from '../../../distill/ensemble/index.js';
import type { Evaluation, Evaluator } from '../../../eval/index.js';
import { type Progress, runInParts } from '../../../progress.js';
import { chosenKind, fuseTested, type Weighable, weighTeachers } from '../../../runs/index.js';
import type { FuseJob } from '../job.js';

/** What an ensemble is made of. */
export interface Fusing {
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  /** Of the teachers, for the evaluation on test. */
  readonly rankings: readonly Rankings[];
  /** The teachers, for weights that are chosen on valid. Not called for equal weights. */
  readonly members: () => Promise<readonly Weighable[]>;
  readonly progress: Progress;
}

export interface Fused {
  readonly evaluation: Evaluation;
  readonly hidden?: Evaluation;
  /** The weights; absent if they are equal. */
  readonly ensemble?: EnsembleChoice;
}

/** @throws RecdistillError as `weighTeachers` */
export async function performFuse({ options: { weights: rule, ...o } }: FuseJob, fusing: Fusing): Promise<Fused> {
  const { dataset, evaluator, rankings, members, progress } = fusing;
  const kind = chosenKind(rule, rankings.length);
  const step = progress.task('choosing the weights of the ensemble');
  const ensemble = kind && (await weighTeachers(await members(), { kind, dataset, evaluator, step, importance: o }));
  const fused = await fuseTested(rankings, ensemble, o, progress.task('fusing rankings'));
  const evaluating = progress.task('evaluating the ensemble');
  const hidden = await runInParts(evaluator.parts.hidden(fused), evaluating);
  const evaluation = await runInParts(evaluator.parts.test(fused), evaluating);
  return { evaluation, ...(hidden ? { hidden } : {}), ...(ensemble ? { ensemble } : {}) };
}
