/** Names of jobs in the queue. */
import { createHash, randomUUID } from 'node:crypto';
import type { Task } from '../../executor.js';

/**
 * The name of a job in the queue: of its content, so that it is done once for all plans. Jobs that must not use the result of another plan are
 * named by their folder, too.
 */
export function jobIdOf({ job, results, folder, overwrite }: Task, storeId: string, store: string): string {
  const place = overwrite === true ? `${folder?.slice(store.length)} ${randomUUID()}` : '';
  // The number of trials is no part of the hash of a search, which can be continued with more.
  const trials = job.kind === 'search' ? job.rule.trials : 0;
  const text = JSON.stringify([storeId, job.kind, results.map(({ hash }) => hash), trials, place]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
