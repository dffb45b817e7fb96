/** --dry-run: the jobs of a plan in order, what the store has of them, and what the rest will cost. */
import { outlookOf, type PreparedGraph, type StudyStage } from '../../experiment/index.js';
import { plannedTable } from '../../report/index.js';
import type { Answer, Given } from '../terminal/_command.js';
import { machineOf, withKernels } from '../terminal/groups.js';

/** @param prepare the stages of the plan, in order; nothing of them is run */
export async function dryRun(
  given: Given,
  prepare: () => Promise<readonly (Partial<StudyStage> & { readonly prepared: PreparedGraph })[]>,
): Promise<Answer> {
  const stages = await prepare();
  const outlooks = await withKernels(machineOf(given), async (kernels) =>
    stages.map(({ prepared, undecided }) => ({
      outlook: outlookOf(prepared, kernels, undecided),
      undecided,
      prepared,
    })),
  );
  const seen = new Set<string>();
  const jobs = outlooks.flatMap(({ outlook, undecided, prepared }) =>
    outlook.jobs.flatMap((job, at) => {
      // Later stages begin with what the first one has made.
      if (seen.has(job.name)) return [];
      seen.add(job.name);
      return [{ ...job, undecided: undecided?.(prepared.jobs[at]!.job) ?? false }];
    }),
  );
  const open = jobs.filter((job) => job.state !== 'finished');
  const total = {
    jobs: jobs.length,
    finished: jobs.length - open.length,
    toDo: open.length,
    memoryBytes: Math.max(0, ...outlooks.map(({ outlook }) => outlook.memoryBytes)),
    seconds: open.reduce((sum, job) => sum + (job.seconds ?? 0), 0),
    unknownTimes: open.filter((job) => job.seconds === undefined && job.kind !== 'fuse').length,
  };
  return { text: plannedTable(jobs, total).toText(), json: { jobs, total } };
}
