/**
 * Searches the best options of one or several models on valid, with the same budget for each. Finished trials are kept in a log; a search
 * that was stopped goes on after the last of them with the trials that it would have made anyway.
 */
import { basename } from 'node:path';
import { openRun } from '../artifact/index.js';
import { parseOptions, type SearchPoint, type SearchSpace, type SearchValue, stream } from '../config/index.js';
import { fail, RecdistillError } from '../errors.js';
import type { Kernels } from '../kernels/index.js';
import { createJudge, type EvaluationOptions, evaluationOptions, type Judge } from '../pipeline/index.js';
import type { Preset } from '../presets/index.js';
import type { TrainEvent } from '../train/index.js';
import { createHalving } from './halving.js';
import { openTrialLog, ranked, type Trial, type TrialLog } from './log.js';
import { type Plan, plansOf, type TuneOptions, tuneOptions, type Values, type Wanted } from './plan.js';
import { bestOf, type ModelSearch, presetOf, resultOf } from './result.js';
import { strategyNamed } from './strategies/index.js';
import { runTrial } from './trial.js';

export interface TuneRequest extends Wanted {
  readonly kernels: Kernels;
  readonly evaluation?: Partial<EvaluationOptions>;
  /** Where the search is kept; absent: in memory only. */
  readonly folder?: string;
  readonly overwrite?: boolean;
  readonly listen?: (event: TuneEvent) => void;
  readonly signal?: AbortSignal;
}

export type TuneEvent =
  | {
      readonly type: 'model';
      readonly model: string;
      readonly space: SearchSpace;
      readonly trials: number;
      /** Most epochs of a trial; 0 for a model that is computed at once. */
      readonly epochs: number;
      readonly rungs: readonly number[];
      /** Trials that were finished before. */
      readonly done: number;
      /** The best result of these. */
      readonly best?: number;
    }
  | {
      readonly type: 'trial';
      readonly model: string;
      readonly trial: number;
      readonly of: number;
      readonly options: SearchPoint;
    }
  | { readonly type: 'train'; readonly event: TrainEvent }
  | { readonly type: 'finished'; readonly trial: Trial };

export interface TuneResult {
  readonly searches: readonly ModelSearch[];
  /** The best options of each model. */
  readonly preset: Preset;
}

/**
 * @throws RecdistillError `bad-space`, `unknown-name`, `unknown-option`, `bad-option`, `usage`, `needs-not-met`, `preset-differs` before any
 *   work; `run-locked`, `run-differs`, `artifact-damaged`, `write-failed`, `interrupted`
 */
export async function tune(request: TuneRequest): Promise<TuneResult> {
  const { dataset, models, folder } = request;
  const o = parseOptions(tuneOptions, request.options, 'tune');
  const evaluation = parseOptions(evaluationOptions, request.evaluation, 'evaluation');
  const plans = plansOf(request, o);
  const judge = createJudge(dataset, evaluation);
  if (dataset.valid.indices.length === 0) {
    fail('needs-not-met', {
      problem: `${dataset.name} has no valid part, by which trials are judged`,
      hint: 'Split the data with a share for valid.',
    });
  }
  const { trials: _, ...rule } = o;
  const named = plans.map(({ spec, space, base, rungs }) => [spec.name, { space, base, rungs }]);
  // The number of trials is not part of it: a search may be made longer.
  const spec = { ...rule, ...evaluation, models: Object.fromEntries(named) };
  const run = folder
    ? openRun(
        folder,
        { kind: 'tune', options: JSON.parse(JSON.stringify(spec)), dataFingerprint: dataset.fingerprint },
        { threads: request.kernels.threads, overwrite: request.overwrite ?? false },
      )
    : undefined;
  try {
    const log = openTrialLog(run?.path);
    for (const plan of plans) await search(plan, request, o, judge, log);
    const searches = plans.map((plan) =>
      resultOf(
        plan,
        log.trials.filter((t) => t.model === plan.spec.name),
      ),
    );
    const preset = presetOf(
      folder === undefined ? models.join('-') : basename(folder),
      dataset,
      evaluation.selectBy,
      plans,
      searches,
    );
    run?.writeResult('preset.json', preset);
    return { searches, preset };
  } finally {
    run?.close();
  }
}

async function search(plan: Plan, request: TuneRequest, o: TuneOptions, judge: Judge, log: TrialLog): Promise<void> {
  const { spec, space, rungs } = plan;
  const key = stream(o.seed, `tune ${spec.name}`);
  const strategy = strategyNamed(o.strategy);
  const finished = () => log.trials.filter((t) => t.model === spec.name);
  const before = ranked(finished());
  const best = bestOf(before)?.value;
  request.listen?.({
    ...{ type: 'model', model: spec.name, space, rungs, trials: o.trials },
    epochs: Number(plan.base.epochs ?? 0),
    done: before.length,
    ...(best === undefined ? {} : { best }),
  });
  for (let number = finished().length; number < o.trials; number++) {
    const before = ranked(finished());
    const point =
      number === 0 ? startOf(plan) : strategy.propose({ space, finished: before.map((t) => t.options), key, number });
    request.listen?.({ type: 'trial', model: spec.name, trial: number, of: o.trials, options: point });
    const twin = before.find((t) => JSON.stringify(t.options) === JSON.stringify(point));
    const trial = twin
      ? {
          ...twin,
          trial: number,
          epochs: 0,
          reason: twin.value === undefined ? ('failed' as const) : ('repeated' as const),
          rungs: {},
          seconds: 0,
        }
      : await judged(plan, point, number, before, request, o.eta, judge);
    log.add(trial);
    request.listen?.({ type: 'finished', trial });
  }
}

/** The first trial: what is searched, as the defaults or the preset have it. An option without a default is left out. */
const startOf = ({ space, base }: Plan): SearchPoint =>
  Object.fromEntries(Object.keys(space).flatMap((n) => (base[n] === undefined ? [] : [[n, base[n] as SearchValue]])));

/** Errors that say something about the options of the trial, and nothing about the search. */
const FAILURES = ['diverged', 'out-of-memory', 'not-positive-definite'];

async function judged(
  { spec, base: shared, rungs }: Plan,
  point: SearchPoint,
  number: number,
  before: readonly Trial[],
  { dataset, kernels, listen, signal }: TuneRequest,
  eta: number,
  judge: Judge,
): Promise<Trial> {
  // Signals and timers get their turn, also between models that are computed at once.
  await new Promise((resolve) => setImmediate(resolve));
  const stopped = () => fail('interrupted', { what: `the search for ${spec.name}, after ${number} trials,` });
  if (signal?.aborted) stopped();
  const began = performance.now();
  const halving = createHalving(
    rungs,
    before.filter((t) => t.value !== undefined).map((t) => t.rungs),
    eta,
  );
  let epochs = 0;
  const about = () => ({ rungs: halving.reached, seconds: Math.round(performance.now() - began) / 1000 });
  const base = { model: spec.name, trial: number, options: { ...point } };
  try {
    const outcome = await runTrial({
      ...{ dataset, kernels, spec, judge, stops: halving.stops },
      options: parseOptions(spec.options, { ...shared, ...point }, spec.name) as Values,
      listen(event) {
        if (event.type === 'epoch') epochs = event.epoch;
        listen?.({ type: 'train', event });
      },
      ...(signal ? { signal } : {}),
    });
    return { ...base, ...outcome, metrics: { ...outcome.metrics }, ...about() };
  } catch (cause) {
    if (!(cause instanceof RecdistillError)) throw cause;
    if (cause.code === 'interrupted') return stopped();
    if (!FAILURES.includes(cause.code)) throw cause;
    const { code, message } = cause;
    return { ...base, epochs, reason: 'failed', error: { code, message }, ...about() };
  }
}
