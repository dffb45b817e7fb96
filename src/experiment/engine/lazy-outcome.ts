/** The outcome of a run whose rankings may be too large for the process that runs the graph: they are read when they are asked for. */
import { join } from 'node:path';
import { defined } from '../../defined.js';
import { jobFiles, type Outcome, readFinishedResult, readTrajectoryMetrics } from '../../runs/index.js';
import type { Finished } from './events.js';

const lazy = new WeakSet<Outcome>();

/** @param read reads everything */
export function readLazily(folder: string, read: (folder: string) => Outcome, reused: boolean): Outcome {
  let whole: Outcome | undefined;
  const all = (): Outcome => {
    whole ??= read(folder);
    return whole;
  };
  const outcome: Outcome = {
    ...{ result: readFinishedResult(folder), reused },
    get evaluation() {
      return all().evaluation;
    },
    get rankings() {
      return all().rankings;
    },
    get teacher() {
      return all().teacher;
    },
  };
  if (outcome.result.hidden) Object.defineProperty(outcome, 'hidden', { enumerable: true, get: () => all().hidden });
  lazy.add(outcome);
  return outcome;
}

export const isLazy = (outcome: Outcome): boolean => lazy.has(outcome);

/** The same as an event has it. */
export function finishedLazily(
  { folder, ...names }: Pick<Finished, 'name' | 'job' | 'from'> & { readonly folder: string },
  outcome: Outcome,
): Finished {
  const valid = readTrajectoryMetrics(join(folder, jobFiles.trajectory));
  const finished: Finished = {
    ...{ ...names, folder, result: outcome.result, reused: outcome.reused },
    ...defined({ valid }),
    get evaluation() {
      return outcome.evaluation;
    },
  };
  if (outcome.result.hidden) Object.defineProperty(finished, 'hidden', { enumerable: true, get: () => outcome.hidden });
  return finished;
}
