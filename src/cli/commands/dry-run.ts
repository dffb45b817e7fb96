/** --dry-run: the jobs of a plan in order, their state, and the cost of those to do. */
import { estimateJobs, type PreparedGraph, type StudyStage } from '../../experiment/index.js';
import type { Kernels } from '../../kernels/index.js';
import { memoryTable, plannedTable } from '../../report/index.js';
import type { Answer, Given } from '../terminal/_command.js';
import { withKernels } from '../terminal/groups.js';
import { runMachineOf } from '../terminal/run-machine.js';

/**
 * @param folders of the plan or of its runs
 * @param prepare the stages of the plan, in order; none of their jobs is run
 */
export async function dryRun(
  given: Given,
  folders: readonly string[],
  prepare: (kernels: Kernels) => Promise<readonly (Partial<StudyStage> & { readonly prepared: PreparedGraph })[]>,
): Promise<Answer> {
  const estimates = await withKernels(runMachineOf(given, folders), async (kernels) => {
    const stages = await prepare(kernels);
    const all = [];
    for (const { prepared, undecided = () => false } of stages) {
      const own = await estimateJobs(prepared, kernels, undecided);
      all.push(...own.map((job, at) => ({ ...job, undecided: undecided(prepared.jobs[at]!.job) })));
    }
    return all;
  });
  // A later stage repeats the jobs of the one before.
  const jobs = estimates.filter(({ name }, at) => estimates.findIndex((job) => job.name === name) === at);
  const { table, total } = plannedTable(jobs);
  const parts = memoryTable(jobs);
  return { text: [table, ...(parts ? [parts] : [])].map((t) => t.toText()).join('\n\n'), json: { jobs, total } };
}
