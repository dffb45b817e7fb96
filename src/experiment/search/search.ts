/** One search. The strategy proposes options, a trial evaluates them on valid, and its result is added to the log. */
import { fail, RecdistillError } from '../../errors.js';
import { stream } from '../../math/index.js';
import { brokenUnit, pointProblem, type SearchPoint, type SearchSpace } from '../../options/index.js';
import type { TrainEvent } from '../../train/index.js';
import { createHalving } from './halving.js';
import { ranked, type Trial, type TrialLog } from './log.js';
import type { TuneOptions } from './plan.js';
import { bestOf } from './result.js';
import { type Proposal, type Strategy, strategyOf } from './strategies/index.js';
import type { Subject } from './subject.js';

export type SearchEvent =
  | {
      readonly type: 'model';
      readonly model: string;
      readonly space: SearchSpace;
      readonly trials: number;
      /** Most epochs of a trial; 0 for a model that is computed in closed form. */
      readonly epochs: number;
      readonly rungs: readonly number[];
      /** Trials that the log already has. */
      readonly done: number;
      /** The best result among them. */
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

export interface SearchSetting {
  readonly options: TuneOptions;
  readonly log: TrialLog;
  readonly listen?: (event: SearchEvent) => void;
  readonly signal?: AbortSignal;
}

/** @throws RecdistillError `broken-unit` if the point is not in the space */
function proposed(strategy: Strategy, proposal: Proposal): SearchPoint {
  const point = strategy.propose(proposal);
  const problem = pointProblem(proposal.space, point);
  return problem === undefined ? point : brokenUnit('strategy', strategy.name, `the result of propose: ${problem}`);
}

/**
 * Continues after the finished trials of the log, up to the number of trials in the options.
 * @throws RecdistillError `interrupted`, `write-failed`, and what `run` throws, except for errors about the options of a trial
 */
export async function searchSubject(subject: Subject, setting: SearchSetting): Promise<void> {
  const { name, space, rungs, start, epochs } = subject;
  const { options: o, log, listen } = setting;
  const key = stream(o.seed, `tune ${name}`);
  const strategy = strategyOf(o.strategy);
  const finished = () => log.trials.filter((t) => t.model === name);
  const before = ranked(finished());
  const best = bestOf(before)?.value;
  listen?.({
    ...{ type: 'model', model: name, space, rungs, trials: o.trials, epochs, done: before.length },
    ...(best === undefined ? {} : { best }),
  });
  for (let number = finished().length; number < o.trials; number++) {
    const before = ranked(finished());
    const point =
      number === 0 ? start : proposed(strategy, { space, finished: before.map((t) => t.options), key, number });
    listen?.({ type: 'trial', model: name, trial: number, of: o.trials, options: point });
    const same = before.find((t) => JSON.stringify(t.options) === JSON.stringify(point));
    const trial = same
      ? {
          ...same,
          trial: number,
          epochs: 0,
          reason: same.value === undefined ? ('failed' as const) : ('repeated' as const),
          rungs: {},
          seconds: 0,
        }
      : await tried(subject, point, number, before, setting);
    log.add(trial);
    listen?.({ type: 'finished', trial });
  }
}

/** Errors about the options of a trial. The search continues after them. */
const FAILURES = ['diverged', 'out-of-memory', 'not-positive-definite'];

async function tried(
  subject: Subject,
  point: SearchPoint,
  number: number,
  before: readonly Trial[],
  { options: o, listen, signal }: SearchSetting,
): Promise<Trial> {
  // Lets signals and timers run between trials that take no epochs.
  await new Promise((resolve) => setImmediate(resolve));
  const stopped = () => fail('interrupted', { what: `the search for ${subject.name}, after ${number} trials,` });
  if (signal?.aborted) stopped();
  const began = performance.now();
  const halving = createHalving(
    subject.rungs,
    before.filter((t) => t.value !== undefined).map((t) => t.rungs),
    o.eta,
  );
  let epochs = 0;
  const about = () => ({ rungs: halving.reached, seconds: Math.round(performance.now() - began) / 1000 });
  const base = { model: subject.name, trial: number, options: { ...point } };
  const follow = (event: TrainEvent) => {
    if (event.type === 'epoch') epochs = event.epoch;
    listen?.({ type: 'train', event });
  };
  try {
    const trial = { stops: halving.stops, listen: follow, ...(signal ? { signal } : {}) };
    const outcome = await subject.run(point, trial);
    return { ...base, ...outcome, metrics: { ...outcome.metrics }, ...about() };
  } catch (cause) {
    if (!(cause instanceof RecdistillError)) throw cause;
    if (cause.code === 'interrupted') return stopped();
    if (!FAILURES.includes(cause.code)) throw cause;
    const { code, message } = cause;
    return { ...base, epochs, reason: 'failed', error: { code, message }, ...about() };
  }
}
