/** What is in a queue: workers, plans and jobs. */
import type { QueuedState, QueueStatus } from '../../experiment/index.js';
import { formatBytes, formatCount } from '../format.js';
import { type ResultTable, resultTable } from '../table/index.js';
import { textColumns } from './_columns.js';

/** Done jobs are counted only. */
const LISTED = ['active', 'waiting', 'failed'];

export const queueTables = ({ queue, workers, plans, jobs }: QueueStatus): readonly ResultTable[] => [
  resultTable({
    title: `Workers of ${queue}`,
    columns: textColumns(['worker', 'version', 'arithmetic', 'threads', 'memory', 'job']),
    rows: workers.map((worker) => ({
      cells: {
        ...{ worker: `${worker.host} ${worker.pid}`, version: worker.version, arithmetic: worker.arithmetic },
        threads: worker.jobs === 1 ? `${worker.threads}` : `${worker.jobs} x ${worker.threads}`,
        memory: formatBytes(worker.memory),
        job: worker.current.map(({ name }) => name).join(', ') || 'idle',
      },
    })),
    notes: workers.length === 0 ? ['No worker is connected.'] : [],
  }),
  resultTable({
    title: 'Plans',
    columns: textColumns(['plan', 'host', 'waits for', 'done', 'failed']),
    rows: plans.map(({ plan, host, pid, waiting, done, failed }) => ({
      cells: {
        ...{ plan, host: `${host} ${pid}`, 'waits for': formatCount(waiting) },
        ...{ done: formatCount(done), failed: formatCount(failed) },
      },
    })),
  }),
  resultTable({
    title: 'Jobs',
    columns: textColumns(['state', 'job', 'plan', 'kind', 'memory', 'progress']),
    rows: jobs
      .filter(({ state }) => LISTED.includes(state))
      .map((job) => ({
        cells: {
          ...{ state: job.state, job: job.name, plan: job.plan, kind: job.kind, memory: formatBytes(job.memory) },
          progress: progressOf(job),
        },
      })),
    notes: [
      ['active', 'waiting', 'completed', 'failed']
        .map((state) => `${formatCount(jobs.filter((job) => job.state === state).length)} ${state}`)
        .join(', '),
    ],
  }),
];

function progressOf({ failure, progress }: QueuedState): string {
  if (failure !== undefined) return failure;
  const { event, worker } = (progress ?? {}) as { event?: Readonly<Record<string, unknown>>; worker?: string };
  if (event?.epoch !== undefined)
    return `epoch ${event.epoch}${event.epochs === undefined ? '' : ` of ${event.epochs}`}`;
  if (event?.what !== undefined) return `${event.what} ${event.done} of ${event.total}`;
  return worker === undefined ? '' : `on ${worker}`;
}
