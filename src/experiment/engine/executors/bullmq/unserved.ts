/** Which jobs no worker can take, and why. */
import type { PresentWorker } from './directory.js';
import type { JobQueue } from './job-queues.js';
import { reasonAgainst } from './requirement.js';

/**
 * @param jobs that wait
 * @param shown address of the queue
 * @returns a paragraph for each queue that no worker can serve; '' if there is none
 */
export function unservedText(
  jobs: readonly { readonly queue: JobQueue; readonly name: string }[],
  workers: readonly PresentWorker[],
  shown: string,
): string {
  const lines: string[] = [];
  for (const queue of new Set(jobs.map((job) => job.queue))) {
    const reasons = workers.map((worker) => ({
      worker,
      reason: reasonAgainst(queue.requirement, worker) ?? worker.against?.[queue.name],
    }));
    if (reasons.some(({ reason }) => reason === undefined)) continue;
    const waiting = jobs.filter((job) => job.queue === queue);
    const what = `No worker can take ${waiting.length === 1 ? waiting[0]!.name : `${waiting.length} ${queue.requirement.kind} jobs`}`;
    const found = reasons.map(({ worker, reason }) => `  ${worker.host} (process ${worker.pid}): ${reason}`);
    lines.push(
      found.length === 0
        ? `${what}: no worker is connected to ${shown}. Waiting.`
        : `${what}. Waiting. Workers:\n${found.join('\n')}`,
    );
  }
  return lines.join('\n');
}
