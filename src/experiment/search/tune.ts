/**
 * Searches the best options of one or several models on valid, with the same budget for each. Finished trials are kept in a log; a search
 * that was stopped goes on after the last of them with the trials that it would have made anyway.
 */
import { basename } from 'node:path';
import { fail } from '../../errors.js';
import { createEvaluator, type EvaluationOptions, type Evaluator, evaluationOptions } from '../../eval/index.js';
import type { Kernels } from '../../kernels/index.js';
import { modelRegistry } from '../../models/index.js';
import { parseOptions } from '../../options/index.js';
import { capabilitiesOf, checkStudent, openRunFolder, usesOf } from '../../runs/index.js';
import type { Preset } from '../presets/index.js';
import { openTrialLog } from './log.js';
import { type Plan, plansOf, type TuneOptions, tuneOptions, type Wanted } from './plan.js';
import { type ModelSearch, presetOf, resultOf } from './result.js';
import { type Subject, searchSubject, startOf, type TuneEvent } from './search.js';
import { strategyOf } from './strategies/index.js';
import { taughtSubject } from './taught.js';
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

export interface TuneResult {
  readonly searches: readonly ModelSearch[];
  /** The best options of each model; absent where they are those of a method, too, which presets do not hold. */
  readonly preset?: Preset;
}

/**
 * @throws RecdistillError `bad-space`, `unknown-name`, `unknown-option`, `bad-option`, `usage`, `needs-not-met`, `preset-differs` before any
 *   work; `run-locked`, `run-differs`, `artifact-damaged`, `write-failed`, `interrupted`
 */
export async function tune(request: TuneRequest): Promise<TuneResult> {
  const { dataset, folder } = request;
  const o = parseOptions(tuneOptions, request.options, 'tune');
  const evaluation = parseOptions(evaluationOptions, request.evaluation, 'evaluation');
  const plans = plansOf(request, o);
  const evaluator = createEvaluator(dataset, evaluation);
  if (dataset.valid.indices.length === 0) {
    fail('needs-not-met', {
      problem: `${dataset.name} has no valid part, by which trials are judged`,
      hint: 'Split the data with a share for valid.',
    });
  }
  const subjects = plans.map((plan) => subjectOf(plan, request, evaluator, o));
  const { trials: _, ...rule } = o;
  const named = plans.map(({ spec, space, base, rungs }) => [spec.name, { space, base, rungs }]);
  // The number of trials is not part of it: a search may be made longer.
  const spec = { ...rule, ...evaluation, models: Object.fromEntries(named), ...methodNames(plans) };
  const run = folder
    ? openRunFolder(
        folder,
        {
          kind: 'tune',
          options: JSON.parse(JSON.stringify(spec)),
          dataFingerprint: dataset.fingerprint,
          inputs: inputsOf(request),
        },
        {
          threads: request.kernels.threads,
          overwrite: request.overwrite ?? false,
          ...usesOf([...plans.map((plan) => plan.spec), strategyOf(o.strategy)], request.fixed),
        },
      )
    : undefined;
  try {
    const log = openTrialLog(run?.path);
    const { listen, signal } = request;
    const setting = { options: o, log, ...(listen ? { listen } : {}), ...(signal ? { signal } : {}) };
    for (const subject of subjects) await searchSubject(subject, setting);
    const searches = plans.map((plan) =>
      resultOf(
        plan,
        log.trials.filter((t) => t.model === plan.spec.name),
      ),
    );
    if (plans.some((plan) => plan.method)) return { searches };
    const preset = presetOf(
      folder === undefined ? plans.map(({ spec }) => spec.name).join('-') : basename(folder),
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

const methodNames = (plans: readonly Plan[]) => {
  const [name] = plans.flatMap(({ method }) => method?.name ?? []);
  return name === undefined ? {} : { method: name };
};

/** Hashes of what the trials learn from. */
const inputsOf = ({ teachers = [], pair }: TuneRequest): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(teachers.map((t, x) => [`teacher ${x + 1}: ${t.name}`, t.hash])),
  ...(pair ? { 'teacher before': pair.teacher.hash, 'student before': pair.student.hash } : {}),
});

/** A model of its own, or a student and its method, trained anew in each trial. */
function subjectOf(
  { spec, method, space, base, rungs, fixed }: Plan,
  { dataset, kernels, teachers, pair }: TuneRequest,
  evaluator: Evaluator,
  halving: TuneOptions,
): Subject {
  if (method) {
    const profiles = pair
      ? [
          {
            name: pair.teacher.model,
            has: capabilitiesOf(modelRegistry.all().find((m) => m.name === pair.teacher.model)),
          },
        ]
      : (teachers ?? []).map((t) => ({ name: t.name, has: t.tables ? (['embeddings'] as const) : [] }));
    checkStudent(spec, method, profiles);
    const student = { name: spec.name, dataset, kernels, evaluator, spec, method, given: fixed, space, halving };
    return taughtSubject({ ...student, ...(teachers ? { teachers } : {}), ...(pair ? { pair } : {}) });
  }
  return {
    ...{ name: spec.name, space, rungs, start: startOf(space, base), epochs: Number(base.epochs ?? 0) },
    run: (point, trial) =>
      runTrial({
        ...{ dataset, kernels, spec, evaluator, ...trial },
        options: parseOptions(spec.options, { ...base, ...point }, spec.name),
      }),
  };
}
