/** The ensemble of a rung: greedy forward selection on valid among all models without teachers so far. */
import type { Rankings } from '../../data/index.js';
import { type EnsembleChoice, fuseInParts, importanceOptions } from '../../distill/ensemble/index.js';
import { type Evaluation, pairedT } from '../../eval/index.js';
import { options, parseOptions } from '../../options/index.js';
import { createProgress, runInParts } from '../../progress.js';
import { readTeacher, validLists } from '../../runs/index.js';
import type { Finished, FuseJob, GraphResult, TrainJob } from '../engine/index.js';
import type { PlanContext } from '../plans/context.js';
import { type Evaluating, testedMetric, validOf } from './candidate.js';

/** A finished model without teachers. */
export interface Alone {
  readonly job: TrainJob;
  readonly result: Finished;
}

export interface BestEnsemble {
  /** The rung that made it. */
  readonly rung: number;
  /** The metric that selects, on valid. */
  readonly value: number;
  /** Its values for each user of valid. */
  readonly perUser: ArrayLike<number>;
  /** Those of a weight above 0, the best first. */
  readonly members: readonly Alone[];
  /** The weights, and what each member added. Absent for a single model. */
  readonly choice?: EnsembleChoice;
  /** On test. */
  readonly evaluation: Evaluation;
}

/** The best single model. */
export interface Best {
  readonly alone: Alone;
  readonly value: number;
  /** Two-sided paired t test over the users of valid against the ensemble. NaN if no user differs. */
  readonly p: number;
}

const importance = parseOptions(options(importanceOptions.shape), {}, 'ensemble');

export const ensembleJob = (rung: number, pool: readonly Alone[]): FuseJob => ({
  ...{ kind: 'fuse', name: `${rung}/ensemble`, teachers: pool.map(({ job }) => job.name) },
  options: { ...importance, weights: 'greedy' },
});

const validValue = ({ valid }: Finished, { evaluation }: Evaluating): number =>
  valid?.[evaluation.selectBy] ?? Number.NEGATIVE_INFINITY;

/** The pool, the best on valid first. */
const ordered = (pool: readonly Alone[], evaluating: Evaluating): Alone[] =>
  [...pool].sort((a, b) => validValue(b.result, evaluating) - validValue(a.result, evaluating));

/** @param fused the result of `ensembleJob`; absent for a pool of one */
export async function ensembleOf(
  fused: GraphResult | undefined,
  pool: readonly Alone[],
  rung: number,
  evaluating: Evaluating,
  { signal }: Pick<PlanContext, 'signal'>,
): Promise<BestEnsemble> {
  const made = fused?.results.find((r) => r.job === `${rung}/ensemble`);
  const weightOf = ({ job }: Alone) => made?.ensemble?.members.find((m) => m.name === job.name)?.weight ?? 0;
  const first = ordered(pool, evaluating)[0]!;
  const members = made?.ensemble ? ordered(pool, evaluating).filter((alone) => weightOf(alone) > 0) : [first];
  const valid = made?.ensemble
    ? await fusedOnValid(members, members.map(weightOf), evaluating, signal)
    : validOf(first.result, evaluating);
  return {
    ...{ rung, members, value: evaluating.evaluator.select(valid) },
    perUser: valid.perUser[testedMetric(valid, evaluating.evaluation)]!,
    ...(made?.ensemble ? { choice: made.ensemble } : {}),
    evaluation: (made ?? first.result).evaluation,
  };
}

async function fusedOnValid(
  members: readonly Alone[],
  weights: readonly number[],
  { dataset, evaluator }: Evaluating,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const lists = members.map(({ result }): Rankings => validLists(readTeacher(result.folder!), dataset));
  const step = createProgress(signal ? { signal } : {}).task('fusing rankings');
  const parts = fuseInParts(lists, importance, evaluator.depth, { mask: evaluator.mask.valid, weights });
  return evaluator.valid(await runInParts(parts, step));
}

/** The best single model, against the ensemble. */
export function singleOf(pool: readonly Alone[], ensemble: BestEnsemble, evaluating: Evaluating): Best {
  const best = validValue(ordered(pool, evaluating)[0]!.result, evaluating);
  const ties = pool.filter(({ result }) => validValue(result, evaluating) === best);
  // Of equal models, the one that the ensemble has.
  const alone = ties.find((t) => ensemble.members.includes(t)) ?? ties[0]!;
  const valid = validOf(alone.result, evaluating);
  const perUser = valid.perUser[testedMetric(valid, evaluating.evaluation)]!;
  return { alone, value: evaluating.evaluator.select(valid), p: pairedT(perUser, ensemble.perUser).pTwoSided };
}
