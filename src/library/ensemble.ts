/** Ensembles of finished runs: weights that are chosen on valid, and the fused lists. */
import type { Rankings } from '../data/index.js';
import { defined } from '../defined.js';
import {
  type EnsembleChoice,
  type EnsembleKind,
  type EnsembleName,
  ensembleOf,
  importanceOptions,
} from '../distill/index.js';
import { fail } from '../errors.js';
import { createEvaluator, type Evaluation, evaluationFor, evaluationOptions, fittingMetric } from '../eval/index.js';
import { type OptionsInput, ownOptions, parseOptions } from '../options/options.js';
import type { NameOr } from '../options/registry.js';
import { type Advance, createProgress } from '../progress.js';
import { checkWeighing, fuseTested, weighTeachers } from '../runs/index.js';
import { metricsOf } from '../runs/outcome.js';
import { expectOptions } from './check.js';
import { expectRuns, type Metrics, type Run, teacherOf } from './run.js';

/** How lists are fused (`temperature`, `cutoff`), and the selection metric (`selectBy` at one of `at`; default: as the first run). */
export interface EnsembleOptions
  extends Omit<OptionsInput<typeof importanceOptions>, 'importance'>,
    OptionsInput<typeof evaluationOptions> {
  /** `equal`, `valid`, `greedy`, or a rule of your own. Default: `greedy`. */
  readonly weights?: NameOr<EnsembleName> | EnsembleKind;
  /** Stops the work. The call then throws `interrupted`. */
  readonly signal?: AbortSignal;
  readonly onAdvance?: (advance: Advance) => void;
}

/** The choice, on valid, and the ensemble on test, which the choice did not see. */
export interface Ensemble extends EnsembleChoice {
  /** Metrics on test. */
  readonly metrics: Metrics;
  /** Metrics on test per user, for significance tests. */
  readonly evaluation: Evaluation;
  /** Fused test rankings: train and valid items excluded. */
  readonly rankings: Rankings;
  /** The same members with equal weights: the selection metric on valid, and metrics on test. */
  readonly equal: { readonly value: number; readonly metrics: Metrics };
}

/**
 * Chooses the weights of an ensemble of runs on valid, and evaluates it once on test. Nothing is trained.
 * @param runs finished runs on the same data, at least one
 * @throws RecdistillError `usage`, `unknown-name`, `bad-option`, `needs-not-met` if the data has no valid part or the runs have different data,
 *   `interrupted`
 */
export async function ensemble(runs: readonly Run[], options: EnsembleOptions = {}): Promise<Ensemble> {
  const members = expectRuns(runs, 'ensemble', 'runs');
  expectOptions(options, 'ensemble', [
    'weights',
    'temperature',
    'cutoff',
    'at',
    'selectBy',
    'evalUsers',
    'signal',
    'onAdvance',
  ]);
  const [first] = members;
  if (!first) return fail('usage', { problem: 'ensemble needs runs; the list is empty', hint: 'Name finished runs.' });
  const twice = members.find((run, at) => members.findIndex((m) => m.hash === run.hash) !== at);
  if (twice) {
    const same = members.find((run) => run.hash === twice.hash)!.name;
    const problem = same === twice.name ? `the run ${same} is named twice` : `${twice.name} is the same run as ${same}`;
    fail('usage', { problem, hint: 'Name each run once. Weights follow from the choice.' });
  }
  const other = members.find((run) => run.data.fingerprint !== first.data.fingerprint);
  if (other)
    fail('needs-not-met', {
      problem: `${first.name} and ${other.name} are of different data`,
      hint: 'Give runs that were made on the same users, items and split.',
    });
  const { weights: rule = 'greedy', temperature, cutoff, at, selectBy, evalUsers, signal, onAdvance } = options;
  const kind = ensembleOf(rule);
  const importance = parseOptions(importanceOptions, { temperature, cutoff }, 'ensemble');
  const asked = { ...ownOptions(evaluationOptions, first.options), ...defined({ at, selectBy, evalUsers }) };
  const given = parseOptions(evaluationOptions, asked, 'evaluation');
  const { data } = first;
  const evaluation = evaluationFor({ ...given, selectBy: selectBy ?? fittingMetric(given) }, data.train);
  const evaluator = createEvaluator(data, evaluation);
  checkWeighing(kind, evaluator, data);
  const progress = createProgress({ ...(signal ? { signal } : {}), ...(onAdvance ? { onAdvance } : {}) });
  const step = progress.task('choosing the weights of the ensemble');
  const task = { dataset: data, evaluator, step, importance };
  const teachers = members.map((run) => ({ ...teacherOf(run), name: run.name }));
  const choice = await weighTeachers(teachers, { ...task, kind });
  const equal = kind.name === 'equal' ? choice : await weighTeachers(teachers, { ...task, kind: ensembleOf('equal') });
  const lists = members.map((run) => run.rankings);
  const fused = (chosen: EnsembleChoice) => fuseTested(lists, chosen, importance, progress.task('fusing rankings'));
  const rankings = await fused(choice);
  const tested = evaluator.test(rankings);
  const testedEqual = choice === equal ? tested : evaluator.test(await fused(equal));
  return {
    ...choice,
    ...{ metrics: metricsOf(tested), evaluation: tested, rankings },
    equal: { value: equal.value, metrics: metricsOf(testedEqual) },
  };
}
