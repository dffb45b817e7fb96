/** Whether a task is finished in the store, which is the truth about jobs: a queue may lose or repeat them. */
import { join } from 'node:path';
import { isWholePart } from '../../../../formats/index.js';
import { readRunManifest, resolveRun } from '../../../../runs/index.js';
import type { Task } from '../../executor.js';
import { isFinished } from '../../kinds/index.js';

/** @param folder of the task, absolute */
export function isDone({ job, results }: Pick<Task, 'job' | 'results'>, folder: string): boolean {
  if (job.kind === 'part') return isWholePart(folder, results[0]!.hash);
  return results.every(({ place, hash }) => {
    try {
      const run = resolveRun(join(folder, place));
      return readRunManifest(run).hash === hash && isFinished(run, job);
    } catch {
      // It does not exist yet, or another run is there, which opening it reports.
      return false;
    }
  });
}
