/** What the commands of several jobs have in common: how many at a time, a look before anything is done, what failed. */
import { type PipelineResult, type PlanContext, processesExecutor, sharesOf } from '../../experiment/index.js';
import { flag, int, options } from '../../options/options.js';
import { unfinishedTable } from '../../report/index.js';
import type { Console, Given } from '../terminal/_command.js';
import { failureOf } from '../terminal/failure.js';
import { readOptions } from '../terminal/flags.js';
import { group, machineOf, withKernels } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { followPlan } from './plan-progress.js';

export const jobsGroup = group(
  'Jobs',
  'jobs',
  options({
    jobs: int({
      default: 1,
      min: 1,
      max: 64,
      help: 'Jobs at the same time, each in a process of its own; threads and memory are divided between them. The result does not depend on it.',
    }),
    dryRun: flag({
      default: false,
      help: 'Print the jobs, what is finished already, and what the rest will cost. Nothing is done.',
    }),
  }),
);

export const isDryRun = (given: Given): boolean => readOptions(jobsGroup, given).dryRun;

export interface EngineOptions {
  readonly given: Given;
  readonly console: Console;
  /** Shown while training. */
  readonly metric: string;
  /** Jobs that there are at most: no more processes are started. */
  readonly count: number;
}

/** Lends `work` what runs its jobs as --jobs says, with progress and a clean stop by Ctrl-C. */
export async function withEngine<T>(
  { given, console, metric, count }: EngineOptions,
  work: (context: Pick<PlanContext, 'kernels' | 'executor' | 'listen' | 'signal'>) => Promise<T>,
): Promise<T> {
  const machine = machineOf(given);
  const jobs = Math.min(readOptions(jobsGroup, given).jobs, count);
  const shares = sharesOf(machine.threads, jobs);
  const progress = followPlan(console, metric, shares.length);
  const listen = progress.listen;
  try {
    if (jobs === 1) {
      return await withKernels(machine, (kernels) =>
        interruptible(console.say, (signal) => work({ kernels, listen, signal })),
      );
    }
    console.say(`${shares.length} at a time, with ${shares.join(' and ')} of ${machine.threads} threads.`);
    const executor = processesExecutor({ jobs, ...machine });
    try {
      return await interruptible(console.say, (signal) => work({ executor, listen, signal }));
    } finally {
      await executor.close();
    }
  } finally {
    progress.close();
  }
}

/** What failed, as text and as JSON values; undefined if nothing did. */
export function failuresOf({ failed, skipped }: Pick<PipelineResult, 'failed' | 'skipped'>) {
  if (failed.length === 0) return undefined;
  const errors = failed.map(({ job, error }) => {
    const { exit: _, ...failure } = failureOf(error);
    return { job, ...failure };
  });
  const details = errors.flatMap(({ job, message, hint }) => [`${job} failed: ${message}`, `  ${hint}`]);
  return {
    text: [
      unfinishedTable(errors, skipped).toText(),
      '',
      ...details,
      '',
      'The finished jobs are kept. The same command does the rest.',
    ].join('\n'),
    json: { failed: errors, skipped },
  };
}
