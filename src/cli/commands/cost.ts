/** What a command will take: one line before its work begins. */
import { estimateJobs, type PreparedGraph } from '../../experiment/index.js';
import type { Kernels } from '../../kernels/index.js';
import { memoryForAll, plannedThreads, worksElsewhere } from '../../memory/index.js';
import { formatBytes, formatSeconds } from '../../report/format.js';
import { plannedTable } from '../../report/index.js';
import { type Machine, withKernels } from '../terminal/groups.js';

export interface Cost {
  /** Undefined: not known. Absent: not said. */
  readonly seconds?: number | undefined;
  /** Upper estimate for the largest process. Absent: not known. */
  readonly bytes?: number | undefined;
  /** Said after the time, such as `less if it stops early`. */
  readonly note?: string;
}

/** The line of a cost, as all commands show it. */
export function costLine(cost: Cost): string {
  const { seconds, bytes, note } = cost;
  const time =
    seconds === undefined ? 'not known' : seconds < 1 ? 'less than a second' : `about ${formatSeconds(seconds)}`;
  const available = worksElsewhere() ? '' : `; ${formatBytes(memoryForAll())} available`;
  return [
    ...('seconds' in cost ? [`Time: ${time}${note === undefined || seconds === undefined ? '' : `, ${note}`}.`] : []),
    ...(bytes === undefined ? [] : [`Memory: at most ${formatBytes(bytes)} in all${available}.`]),
  ].join(' ');
}

/**
 * The line of a plan before its jobs run. Undefined if there is nothing to do.
 * @param kernels of this process; absent if others do the jobs
 * @param atOnce number of jobs at the same time
 */
export async function planCostLine(
  prepared: PreparedGraph,
  atOnce: number,
  kernels: Kernels | undefined,
  machine: Machine,
): Promise<string | undefined> {
  const jobs = kernels
    ? await estimateJobs(prepared, kernels)
    : await withKernels({ ...machine, threads: plannedThreads() }, (own) => estimateJobs(prepared, own));
  const { total } = plannedTable(jobs.map((job) => ({ ...job, undecided: false })));
  if (total.toDo === 0) return undefined;
  const { seconds, memoryBytes, unknownTimes } = total;
  const most = Math.max(1, Math.min(atOnce, total.toDo));
  const count = total.toDo === 1 ? '' : `${total.toDo} jobs`;
  const unknown = unknownTimes === 0 ? '' : `without ${unknownTimes} whose time is not known`;
  const notes = [count, unknown].filter(Boolean).join(', ');
  return costLine({
    ...{ seconds: seconds > 0 ? seconds / most : undefined, bytes: memoryBytes > 0 ? memoryBytes : undefined },
    ...(notes === '' ? {} : { note: notes }),
  });
}
