/** Finished runs judged anew on the test part, from the rankings that they kept: what `evaluate` and `compare` begin with. */

import { type Dataset, type Interactions, itemCounts } from '../../data/index.js';
import { fail } from '../../errors.js';
import { defaultMetrics, type Evaluation, evaluateRankings, evaluationOptions } from '../../eval/index.js';
import { choice, optionalNumbers } from '../../options/options.js';
import type { JudgedPart } from '../../report/index.js';
import type { FinishedRun } from '../../runs/index.js';
import type { Given } from '../terminal/_command.js';
import { loadDataOf, type RunPlace, readRun } from './runs.js';

export const atOption = optionalNumbers({
  min: 1,
  help: 'List lengths K at which metrics are taken. Default: those of the first run.',
});

export const partOption = choice(['test', 'hidden'], {
  default: 'test',
  help: 'What is judged by: the test part, or the interactions that --hidden-share took out of train.',
});

export interface Judged {
  readonly name: string;
  readonly run: FinishedRun;
  readonly dataset: Dataset;
  readonly evaluation: Evaluation;
}

/**
 * Judges runs in all metrics, each on the data set that it was made on.
 * @param at list lengths; absent: those of the first run
 * @param data data flags, for a source that has moved
 * @param part the lists are the same for both: hidden interactions are candidates when testing, too
 * @throws RecdistillError `needs-not-met` for a run that is not finished or has no hidden interactions, `artifact-differs` if its data is another now, `bad-option`
 */
export async function judgeRuns(
  places: readonly RunPlace[],
  at: readonly number[] | undefined,
  data: Given,
  part: JudgedPart = 'test',
): Promise<{ judged: Judged[]; at: readonly number[] }> {
  const found = places.map((place) => ({ name: place.name, run: readRun(place) }));
  const recorded = found[0]!.run.result.options.at;
  const lengths = at ?? (Array.isArray(recorded) ? (recorded as number[]) : evaluationOptions.parse({}).at);
  const datasetOf = dataLoader(data);
  const judged: Judged[] = [];
  for (const { name, run } of found) {
    const dataset = await datasetOf(run);
    checkLengths(lengths, run);
    const trainCounts = itemCounts(dataset.train);
    const options = { metrics: defaultMetrics, topK: lengths, trainCounts };
    judged.push({
      name,
      run,
      dataset,
      evaluation: evaluateRankings(run.rankings, relevantOf(dataset, part, name), options),
    });
  }
  return { judged, at: lengths };
}

function relevantOf(dataset: Dataset, part: JudgedPart, run: string): Interactions {
  if (part === 'test') return dataset.test;
  if (dataset.hidden) return dataset.hidden.interactions;
  return fail('needs-not-met', {
    problem: `${run} was made without hidden interactions`,
    hint: 'Make it again with --hidden-share 0.2, or judge by the test part.',
  });
}

/** What there is to say of the data was said when the run was made. */
const saidBefore = () => {};

/** Loads the data of runs, each data set once, and checks that it still is the one that the run was made on. */
export function dataLoader(given: Given): (run: FinishedRun) => Promise<Dataset> {
  const loaded = new Map<string, Dataset>();
  return async (run) => {
    const wanted = run.manifest.dataFingerprint;
    const dataset = loaded.get(wanted) ?? (await loadDataOf(run, given, saidBefore)).dataset;
    if (dataset.fingerprint !== wanted) {
      const difference = `fingerprint was ${wanted.slice(0, 12)}, now it is ${dataset.fingerprint.slice(0, 12)}`;
      fail('artifact-differs', { path: run.folder, what: 'data', difference });
    }
    loaded.set(wanted, dataset);
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
  const help = 'Ask for shorter lists, or make the run again with a larger --at.';
  fail('bad-option', {
    option: '--at',
    owner: 'evaluation',
    given: wrong,
    expected: `whole numbers from 1 to ${depth}, ${why}`,
    help,
  });
}
