/** Models as the choice sees them: size, latency, and their values on valid for each user. */
import type { Dataset } from '../../data/index.js';
import type { Evaluation, EvaluationOptions, Evaluator } from '../../eval/index.js';
import { readTeacher, validLists } from '../../runs/index.js';
import type { Finished } from '../engine/index.js';
import type { Candidate } from './choose.js';

/** A candidate with its run. */
export interface AutoCandidate extends Candidate {
  readonly model: string;
  readonly method: string;
  readonly result: Finished;
}

export interface Evaluating {
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  readonly evaluation: EvaluationOptions;
}

/** The metric whose values for each user are tested: the one that selects, or recall if that one has no value for a user. */
export function testedMetric({ perUser }: Evaluation, { at, selectBy }: EvaluationOptions): string {
  return selectBy in perUser ? selectBy : `recall@${Math.max(...at)}`;
}

/** The evaluation of a finished run on valid. @throws RecdistillError as `readTeacher` */
export const validOf = ({ folder }: Finished, { dataset, evaluator }: Evaluating): Evaluation =>
  evaluator.valid(validLists(readTeacher(folder!), dataset));

/** Empty for a model without a bundle: its scores are no inner products. */
export function candidateOf(result: Finished, kind: Candidate['kind'], evaluating: Evaluating): AutoCandidate[] {
  const { bundleBytes, latencyMicroseconds, model, method, options } = result.result ?? {};
  if (bundleBytes === undefined || latencyMicroseconds === undefined) return [];
  const valid = validOf(result, evaluating);
  return [
    {
      ...{ name: result.name, kind, model: model!, method: method!, dim: Number(options?.dim ?? 0), result },
      ...{ bytes: bundleBytes, microseconds: latencyMicroseconds, value: evaluating.evaluator.select(valid) },
      perUser: valid.perUser[testedMetric(valid, evaluating.evaluation)]!,
    },
  ];
}

/** A student of a later rung with the same teachers is the same run. The first of them is kept. */
export const withoutCopies = (all: readonly AutoCandidate[]): AutoCandidate[] =>
  all.filter((c, at) => all.findIndex((other) => isCopy(c, other)) === at);

const isCopy = (a: AutoCandidate, b: AutoCandidate): boolean =>
  [a.model, a.method, a.dim, a.bytes, a.value].join() === [b.model, b.method, b.dim, b.bytes, b.value].join();
