/** Jobs of a plan: what running them would do, and what did not finish. */
import type { JobEstimate, JobFailure } from '../../experiment/index.js';
import { formatBytes, formatSeconds } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column, textColumns } from './_columns.js';

export interface PlannedJob extends JobEstimate {
  /** Its options follow from a search that is not finished. */
  readonly undecided: boolean;
}

/** What a plan would do and cost. */
export interface PlanCost {
  readonly jobs: number;
  readonly finished: number;
  readonly toDo: number;
  /** Of the largest job that is still to be done. */
  readonly memoryBytes: number;
  /** Of the jobs whose time is known, one after the other. */
  readonly seconds: number;
  /** Jobs that are to be done and whose time is not known. */
  readonly unknownTimes: number;
}

/** @param jobs in the order in which they would run */
export function plannedTable(jobs: readonly PlannedJob[], cost: PlanCost): ResultTable {
  return resultTable({
    columns: [
      ...textColumns(['job', 'kind', 'model']),
      column('teachers', 'learns from', 'text'),
      column('state', 'state', 'text'),
      column('memoryBytes', 'memory', 'bytes', 'At most, roughly.'),
      column('seconds', 'time', 'seconds', 'At most, by what finished runs of the same model and data took.'),
    ],
    rows: jobs.map((job) => ({
      cells: {
        ...{ job: job.name, kind: job.kind, teachers: job.teachers.join(', '), state: stateText(job) },
        model: [job.model ?? '', ...(job.method ? [`with ${job.method}`] : [])].join(' '),
        ...{ memoryBytes: job.memoryBytes, seconds: job.seconds },
      },
    })),
    notes: [costText(cost)],
  });
}

function stateText(job: PlannedJob): string {
  if (job.undecided) return 'new; its options follow from the search';
  if (job.state === 'finished') return job.from === undefined ? 'finished' : `finished as ${job.from}`;
  if (job.state === 'begun') return job.epoch === undefined ? 'begun' : `continues after epoch ${job.epoch}`;
  return job.state === 'refused' ? `cannot run: ${job.problem}` : 'new';
}

function costText({ jobs, finished, toDo, memoryBytes, seconds, unknownTimes }: PlanCost): string {
  const done = `${jobs} jobs: ${finished} finished, ${toDo} to do.`;
  if (toDo === 0) return done;
  const rest = unknownTimes > 0 ? `, and ${unknownTimes} whose time is not known` : '';
  const time = seconds === 0 ? 'The time is not known.' : `Time: at most about ${formatSeconds(seconds)}${rest}.`;
  return `${done} ${time} Memory: at most about ${formatBytes(memoryBytes)} for one of them. Nothing was done.`;
}

/** What did not finish, and why. */
export const unfinishedTable = (
  failed: readonly { readonly job: JobFailure['job']; readonly code: string }[],
  skipped: readonly { readonly job: string; readonly because: string }[],
): ResultTable =>
  resultTable({
    columns: [column('job', 'not finished', 'text'), column('why', 'why', 'text')],
    rows: [
      ...failed.map(({ job, code }) => ({ cells: { job, why: `failed: ${code}` } })),
      ...skipped.map(({ job, because }) => ({ cells: { job, why: `skipped: ${because} failed` } })),
    ],
  });
