/** Finished runs evaluated again, from the rankings that they kept. */
import type { LoadedDataset } from '../../data/index.js';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { type Evaluation, evaluationFor, evaluationOptions } from '../../eval/index.js';
import { evaluateInParts } from '../../library/evaluate.js';
import { choice, flag, optionalNumbers, parseOptions } from '../../options/options.js';
import { createProgress, runInParts } from '../../progress.js';
import type { EvaluatedPart } from '../../report/index.js';
import type { FinishedRun } from '../../runs/index.js';
import type { Given } from '../terminal/_command.js';
import { loadDataOf, type NamedRun } from './runs.js';

export const atOption = optionalNumbers({
  min: 1,
  help: 'List lengths K of the metrics. Default: those of the first run.',
});

export const partOption = choice(['test', 'hidden'], {
  default: 'test',
  help: 'Evaluate on the test part, or on the interactions that --hidden-share removed from train.',
});

export const popularityOption = flag({
  default: false,
  help: 'Add popularity lift (all users, and thirds of users), and recall and exposure of popular and unpopular items, with bootstrap intervals.',
});

export interface EvaluatedRun {
  readonly name: string;
  readonly run: FinishedRun;
  readonly dataset: LoadedDataset;
  readonly evaluation: Evaluation;
}

/** Evaluates the rankings of one run. */
export type EvaluateOne = (
  run: FinishedRun,
  how: {
    readonly data: LoadedDataset;
    readonly at: readonly number[];
    readonly part: EvaluatedPart;
    readonly evalUsers?: number;
  },
) => Promise<Evaluation>;

/**
 * Evaluates runs in all metrics, each on its own data set.
 * @param given list lengths; absent: those of the first run
 * @param data data flags, for a source that has moved
 * @throws RecdistillError `needs-not-met` for a run that is not finished or has no hidden interactions, `artifact-differs` if its data has changed,
 *   `bad-option`
 */
export async function evaluateRuns(
  found: readonly NamedRun[],
  given: readonly number[] | undefined,
  data: Given,
  part: EvaluatedPart = 'test',
  evaluateOne: EvaluateOne = inOnePiece,
): Promise<{ evaluated: EvaluatedRun[]; at: readonly number[] }> {
  const recorded = found[0]!.run.result.options.at;
  const inRun = parseOptions(evaluationOptions, recorded === undefined ? {} : { at: recorded }, 'evaluation');
  const at = given ?? evaluationFor(inRun, found[0]!.run.rankings).at;
  const datasetOf = dataLoader(data);
  const evaluated: EvaluatedRun[] = [];
  for (const { name, run } of found) {
    const dataset = await datasetOf(run);
    checkLengths(at, run);
    if (part === 'hidden' && !dataset.hidden) {
      const hint = 'Make it again with --hidden-share 0.2, or evaluate on the test part.';
      fail('needs-not-met', { problem: `${name} was made without hidden interactions`, hint });
    }
    const { evalUsers } = parseOptions(evaluationOptions, { evalUsers: run.result.options.evalUsers }, 'evaluation');
    const evaluation = await evaluateOne(run, { data: dataset, at, part, ...defined({ evalUsers }) });
    evaluated.push({ name, run, dataset, evaluation });
  }
  return { evaluated, at };
}

export const inOnePiece: EvaluateOne = ({ result, rankings }, how) => {
  const step = createProgress().task(`evaluating ${result.model}`, 'users');
  return runInParts(evaluateInParts(rankings, how), step, rankings.nUsers);
};

/** Loads each data set once, and checks that it has not changed since the run was made. Warnings were shown then. */
export function dataLoader(given: Given): (run: FinishedRun) => Promise<LoadedDataset> {
  const loaded = new Map<string, LoadedDataset>();
  return async (run) => {
    const recorded = run.manifest.dataFingerprint;
    const dataset = loaded.get(recorded) ?? (await loadDataOf(run, given, () => {})).dataset;
    if (dataset.fingerprint !== recorded) {
      const difference = `fingerprint was ${recorded.slice(0, 12)}, now it is ${dataset.fingerprint.slice(0, 12)}`;
      fail('artifact-differs', { path: run.folder, what: 'data', difference });
    }
    loaded.set(recorded, dataset);
    return dataset;
  };
}

/** @throws RecdistillError `needs-not-met` if the runs are not all of the same data set */
export function expectSameData(runs: readonly { readonly name: string; readonly run: FinishedRun }[]): void {
  const fingerprint = ({ run }: { run: FinishedRun }) => run.manifest.dataFingerprint;
  const other = runs.find((r) => fingerprint(r) !== fingerprint(runs[0]!));
  if (!other) return;
  fail('needs-not-met', {
    problem: `${runs[0]!.name} and ${other.name} are of different data (${fingerprint(runs[0]!).slice(0, 12)}... and ${fingerprint(other).slice(0, 12)}...)`,
    hint: 'Name runs that were made on the same users, items and split.',
  });
}

function checkLengths(at: readonly number[], { rankings: { depth, nItems } }: FinishedRun): void {
  const wrong = at.find((k) => !Number.isInteger(k) || k > depth);
  if (wrong === undefined) return;
  const why = depth === nItems ? 'the number of items' : 'the length of the lists that the run kept';
  fail('bad-option', {
    ...{ option: '--at', owner: 'evaluation', given: wrong },
    expected: `whole numbers from 1 to ${depth}, ${why}`,
    help: 'Ask for shorter lists, or make the run again with a larger --at.',
  });
}
