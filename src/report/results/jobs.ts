/** Tables of the jobs of a plan: what running them would do, and which did not finish. */
import type { JobEstimate, JobFailure } from '../../experiment/index.js';
import { formatBytes, formatSeconds } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { column, textColumns } from './_columns.js';

export interface PlannedJob extends JobEstimate {
  /** Its options depend on a search that is not finished. */
  readonly undecided: boolean;
}

/** The jobs of a plan, and the cost of those to do. */
export interface PlanCost {
  readonly jobs: number;
  readonly finished: number;
  readonly toDo: number;
  /** Of the largest job to do. */
  readonly memoryBytes: number;
  /** Sum over the jobs whose time is known. */
  readonly seconds: number;
  /** Number of jobs to do whose time is not known. */
  readonly unknownTimes: number;
}

/** The jobs of a plan, in the order in which they would run, and their total cost. */
export function plannedTable(jobs: readonly PlannedJob[]): { readonly table: ResultTable; readonly total: PlanCost } {
  const open = jobs.filter((job) => job.state !== 'finished');
  const total: PlanCost = {
    ...{ jobs: jobs.length, finished: jobs.length - open.length, toDo: open.length },
    memoryBytes: Math.max(0, ...open.map((job) => job.memoryBytes ?? 0)),
    seconds: open.reduce((sum, job) => sum + (job.seconds ?? 0), 0),
    unknownTimes: open.filter((job) => job.seconds === undefined && job.kind !== 'fuse').length,
  };
  const table = resultTable({
    columns: [
      ...textColumns(['job', 'kind', 'model']),
      column('teachers', 'learns from', 'text'),
      column('state', 'state', 'text'),
      column('memoryBytes', 'memory', 'bytes', 'At most, of the whole process with this job.'),
      column('seconds', 'time', 'seconds', 'At most, estimated from finished runs of the same model and data.'),
    ],
    rows: jobs.map((job) => ({
      cells: {
        ...{ job: job.name, kind: job.kind, teachers: job.teachers.join(', '), state: stateText(job) },
        model: [job.model ?? '', ...(job.method ? [`with ${job.method}`] : [])].join(' '),
        ...{ memoryBytes: job.memoryBytes, seconds: job.seconds },
      },
    })),
    notes: [...refusedText(jobs), costText(total)],
  });
  return { table, total };
}

function stateText(job: PlannedJob): string {
  if (job.undecided) return 'new; the search chooses its options';
  if (job.state === 'finished') return job.from === undefined ? 'finished' : `finished as ${job.from}`;
  if (job.state === 'begun') return job.epoch === undefined ? 'started' : `continues after epoch ${job.epoch}`;
  return job.state === 'refused' ? 'cannot run' : 'new';
}

/** Why jobs cannot run, and what to do. */
function refusedText(jobs: readonly PlannedJob[]): string[] {
  const refused = jobs.filter((job) => job.state === 'refused');
  if (refused.length === 0) return [];
  const reasons = refused.map(({ name, problem }) => `${name} cannot run: ${problem}.`);
  return [...reasons, 'Give the plan another name, or replace these runs with --overwrite.', ''];
}

function costText({ jobs, finished, toDo, memoryBytes, seconds, unknownTimes }: PlanCost): string {
  const done = `${jobs} jobs: ${finished} finished, ${toDo} to do.`;
  if (toDo === 0) return done;
  const rest = unknownTimes > 0 ? `, and ${unknownTimes} whose time is not known` : '';
  const time = seconds === 0 ? 'The time is not known.' : `Time: at most about ${formatSeconds(seconds)}${rest}.`;
  return `${done} ${time} Memory: at most ${formatBytes(memoryBytes)} for a process with one of them. Nothing was run.`;
}

/** The parts of the memory of the job to do that needs most. Undefined if no job has an estimate. */
export function memoryTable(jobs: readonly PlannedJob[]): ResultTable | undefined {
  const [largest] = jobs.toSorted((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0));
  if (!largest?.memoryParts) return undefined;
  const { name, memoryParts, memoryBytes } = largest;
  return resultTable({
    columns: [column('part', `memory of ${name}`, 'text'), column('bytes', 'at most', 'bytes')],
    rows: [...memoryParts, { name: 'in all', bytes: memoryBytes! }].map((part) => ({
      cells: { part: part.name, bytes: part.bytes },
    })),
  });
}

/** The jobs that did not finish, and why. */
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
