/** Parts that are kept only as long as a job of the graph needs them, so that a long computation does not fill the disk. */
import { discard } from '../../../formats/index.js';
import { type PreparedGraph, type PreparedJob, stateOf } from '../prepare.js';

/**
 * The jobs that have to be run or read. A temporary part is needed only by a job that is not finished: after an interruption the parts of earlier
 * stages are gone, and are not made again.
 */
export function neededJobs({ jobs, store }: PreparedGraph): ReadonlySet<PreparedJob> {
  const readers = readersOf(jobs);
  const needed = new Set<PreparedJob>();
  for (const job of [...jobs].reverse()) {
    const own = readers.get(job.job.name) ?? [];
    const isTemporary = job.job.kind === 'part' && job.job.temporary === true && own.length > 0;
    if (!isTemporary || own.some((reader) => needed.has(reader) && stateOf(reader, store).state !== 'finished'))
      needed.add(job);
  }
  return needed;
}

export interface TemporaryParts {
  /** To be called after each job. Removes what no other job reads. */
  done(job: PreparedJob): void;
}

/** @param needed the jobs that are run or read */
export function createTemporaryParts({ jobs }: PreparedGraph, needed: ReadonlySet<PreparedJob>): TemporaryParts {
  const readers = readersOf(jobs);
  const byName = new Map(jobs.map((job) => [job.job.name, job]));
  const left = new Map(
    [...readers].map(([name, all]) => [name, new Set(all.filter((job) => needed.has(job)).map((job) => job.job.name))]),
  );
  return {
    done({ job: { name: reader }, inputs }) {
      for (const { name } of inputs) {
        const part = byName.get(name);
        const waiting = left.get(name);
        if (!part?.folder || part.job.kind !== 'part' || !part.job.temporary || !waiting?.delete(reader)) continue;
        if (waiting.size === 0) discard(part.folder);
      }
    },
  };
}

/** The jobs that read each result, by its name. */
function readersOf(jobs: readonly PreparedJob[]): ReadonlyMap<string, readonly PreparedJob[]> {
  const readers = new Map<string, PreparedJob[]>();
  for (const job of jobs) {
    for (const { name } of job.inputs) {
      const own = readers.get(name);
      if (own) own.push(job);
      else readers.set(name, [job]);
    }
  }
  return readers;
}
