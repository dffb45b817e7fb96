/** Shared by commands with several jobs: --jobs, --dry-run, and the report of failures. */
import { relative } from 'node:path';
import { fail } from '../../errors.js';
import {
  memoryShare,
  type PipelineResult,
  type PlanContext,
  type PreparedGraph,
  processesExecutor,
  queueAddress,
  queueExecutor,
  sharesOf,
} from '../../experiment/index.js';
import type { Kernels } from '../../kernels/index.js';
import { planMemory, programParts, refuseBeyond } from '../../memory/index.js';
import { flag, int, optionalInt, optionalText, options } from '../../options/options.js';
import { unfinishedTable } from '../../report/index.js';
import type { Console, Given, OptionGroup } from '../terminal/_command.js';
import { failureOf } from '../terminal/failure.js';
import { readOptions } from '../terminal/flags.js';
import { group, machineOf, runsGroup, withKernels } from '../terminal/groups.js';
import { interruptible } from '../terminal/interrupt.js';
import { runMachineOf } from '../terminal/run-machine.js';
import { planCostLine } from './cost.js';
import { followPlan } from './plan-progress.js';

const queueShape = {
  queue: optionalText({
    help: 'Address of a Redis, such as redis://host:6379 or rediss://:PASSWORD@host:6379. The jobs are done by "recdistill worker" on any machine with the same folder of runs. "env": the address in the variable RECDISTILL_QUEUE.',
  }),
  store: optionalText({ help: 'With --queue: the folder of runs that all machines share. The same as --runs.' }),
  minThreads: optionalInt({
    min: 1,
    max: 64,
    help: 'With --queue: only workers with so many threads a job take jobs.',
  }),
};

export const jobsGroup = group(
  'Jobs',
  'jobs',
  options({
    jobs: int({
      default: 1,
      min: 1,
      max: 64,
      help: 'Number of jobs that run at the same time, each in a process of its own. Threads and memory are divided between them. Results do not depend on it.',
    }),
    ...queueShape,
    dryRun: flag({
      default: false,
      help: 'Print the jobs, which of them are finished, and the cost of the others. Nothing is run.',
    }),
  }),
);

/** For commands without --dry-run. */
export const workersGroup = group('Jobs', 'jobs', options({ jobs: jobsGroup.schema.shape.jobs, ...queueShape }));

/** For commands that make a single run. */
export const queuedGroup = group('Jobs', 'jobs', options(queueShape));

/** Whether a command takes --queue for its jobs. */
export const givesJobs = (groups: readonly OptionGroup[]): boolean =>
  [jobsGroup, workersGroup, queuedGroup].some((own) => groups.includes(own));

export const isDryRun = (given: Given): boolean => readOptions(jobsGroup, given).dryRun;

/** Bytes that each of several processes with jobs may take; undefined for one process, or without a limit. */
export function memoryPerJobOf(given: Given): number | undefined {
  const { threads, memoryLimit } = machineOf(given);
  const { jobs } = readOptions(jobsGroup, given);
  return jobs === 1 || memoryLimit === undefined ? undefined : memoryShare(memoryLimit, sharesOf(threads, jobs).length);
}

export interface EngineOptions {
  readonly given: Given;
  readonly console: Console;
  /** Shown while training. */
  readonly metric: string;
  /** The part of which finished runs show the metric. Default: test. */
  readonly part?: 'valid' | 'test';
  /** Maximum number of jobs; no more processes are started. */
  readonly count: number;
  /** Folders of the plan or of its runs. */
  readonly folders: readonly string[];
  /** Name of the plan in a queue. Default: that of the first folder. */
  readonly plan?: string;
}

/** Runs `work` with kernels or processes, by --jobs, with progress and Ctrl-C. */
export async function withEngine<T>(
  { given, console, metric, part = 'test', count, folders, plan }: EngineOptions,
  work: (
    context: Pick<PlanContext, 'kernels' | 'arithmetic' | 'executor' | 'listen' | 'signal' | 'memoryPerJob' | 'before'>,
  ) => Promise<T>,
): Promise<T> {
  const machine = runMachineOf(given, folders);
  const tellCost = (kernels?: Kernels) => async (prepared: PreparedGraph, atOnce: number) => {
    // Other jobs say what they take where they are planned.
    if (!prepared.jobs.some(({ job }) => job.kind === 'train' || job.kind === 'search')) return;
    const line = await planCostLine(prepared, atOnce, kernels, machine);
    if (line !== undefined) console.say(line);
  };
  const { queue, minThreads } = readOptions(jobsGroup, given);
  if (queue !== undefined) {
    const { runs } = readOptions(runsGroup, given);
    const progress = followPlan(console, metric, 2, part);
    const { listen } = progress;
    const executor = await queueExecutor({
      ...{ address: queueAddress(queue), store: runs, plan: plan ?? (relative(runs, folders[0] ?? runs) || 'runs') },
      ...{ arithmetic: machine.arithmetic, minThreads, say: console.say },
    });
    try {
      return await interruptible(console.say, (signal) =>
        work({ executor, arithmetic: machine.arithmetic, listen, signal, before: tellCost() }),
      );
    } finally {
      await executor.close();
      progress.close();
    }
  }
  const jobs = Math.min(readOptions(jobsGroup, given).jobs, count);
  const shares = sharesOf(machine.threads, jobs);
  const progress = followPlan(console, metric, shares.length, part);
  const listen = progress.listen;
  try {
    if (jobs === 1) {
      return await withKernels(machine, (kernels) =>
        interruptible(console.say, (signal) => work({ kernels, listen, signal, before: tellCost(kernels) })),
      );
    }
    console.say(`${shares.length} jobs at a time, with ${shares.join(' and ')} of ${machine.threads} threads.`);
    const executor = processesExecutor({ jobs, ...machine });
    try {
      return await interruptible(console.say, (signal) =>
        work({
          ...{ executor, arithmetic: machine.arithmetic, listen, signal },
          ...{ memoryPerJob: executor.memoryPerJob, before: tellCost() },
        }),
      );
    } finally {
      await executor.close();
    }
  } finally {
    progress.close();
  }
}

/**
 * The flags with the store as the folder of runs.
 * @throws RecdistillError `usage` for options that do not go together
 */
export function withStore(given: Given): Given {
  const { store, queue, runs, jobs, minThreads } = given.flags;
  const problem =
    queue !== undefined && jobs !== undefined
      ? '--jobs divides this machine, and --queue gives the jobs to workers'
      : queue === undefined && minThreads !== undefined
        ? '--min-threads chooses workers, and there is no --queue'
        : store !== undefined && runs !== undefined && store !== runs
          ? '--store and --runs name two folders'
          : undefined;
  if (problem !== undefined)
    fail('usage', { problem, hint: 'Leave one of them out. "recdistill worker" has its own --jobs.' });
  return store === undefined ? given : { ...given, flags: { ...given.flags, runs: store } };
}

/**
 * Tells the estimates of memory how many threads a process of the command has, and its limit. Commands without these options have one
 * thread and no limit.
 * @throws RecdistillError `out-of-memory` if the limit is below what the program alone takes; `bad-option`
 */
export function planMachine(given: Given): void {
  const { threads, memoryLimit } = machineOf(given);
  const { jobs, queue } = readOptions(jobsGroup, given);
  if (queue !== undefined && !isDryRun(given)) {
    planMemory({ threads: 1, elsewhere: true });
    return;
  }
  planMemory({ threads: sharesOf(threads, jobs)[0]!, memoryLimit });
  if (memoryLimit === undefined) return;
  // With several processes each child has its own program, and so has this process.
  const shares = jobs === 1 ? [threads] : [1, ...sharesOf(threads, jobs)];
  refuseBeyond(
    shares.flatMap(programParts),
    jobs === 1
      ? 'the program itself, before any data,'
      : `the program itself in ${shares.length} processes, before any data,`,
    'Raise --memory-limit, or use fewer --threads or --jobs.',
    memoryLimit,
  );
}

/** The failures as text and as JSON; undefined if there are none. */
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
      'Finished jobs are kept. Repeat the command to run the others.',
    ].join('\n'),
    json: { failed: errors, skipped },
  };
}
