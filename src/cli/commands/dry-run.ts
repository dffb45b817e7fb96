/** --dry-run: the jobs of a plan in order, what the store has of them, and what the rest will cost. */
import { estimateJobs, type PreparedGraph, type StudyStage } from '../../experiment/index.js';
import { plannedTable } from '../../report/index.js';
import type { Answer, Given } from '../terminal/_command.js';
import { machineOf, withKernels } from '../terminal/groups.js';

/** @param prepare the stages of the plan, in order; nothing of them is run */
export async function dryRun(
  given: Given,
  prepare: () => Promise<readonly (Partial<StudyStage> & { readonly prepared: PreparedGraph })[]>,
): Promise<Answer> {
  const stages = await prepare();
  const estimates = await withKernels(machineOf(given), async (kernels) =>
    stages.flatMap(({ prepared, undecided = () => false }) =>
      estimateJobs(prepared, kernels, undecided).map((job, at) => ({
        ...job,
        undecided: undecided(prepared.jobs[at]!.job),
      })),
    ),
  );
  // Later stages contain the jobs of earlier ones.
  const jobs = estimates.filter(({ name }, at) => estimates.findIndex((job) => job.name === name) === at);
  const open = jobs.filter((job) => job.state !== 'finished');
  const total = {
    jobs: jobs.length,
    finished: jobs.length - open.length,
    toDo: open.length,
    memoryBytes: Math.max(0, ...open.map((job) => job.memoryBytes ?? 0)),
    seconds: open.reduce((sum, job) => sum + (job.seconds ?? 0), 0),
    unknownTimes: open.filter((job) => job.seconds === undefined && job.kind !== 'fuse').length,
  };
  return { text: plannedTable(jobs, total).toText(), json: { jobs, total } };
}
