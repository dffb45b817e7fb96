/** What a job requires of a worker, and why a worker cannot take it. */
import { createHash } from 'node:crypto';
import { programParts, totalOf } from '../../../../memory/index.js';
import { canonicalJson } from '../../../../student/canonical-json.js';
import type { PortableJob } from '../../job.js';

/** Jobs with equal requirements are in one queue. */
export interface Requirement {
  /** Id of the store. */
  readonly store: string;
  /** Of recdistill. */
  readonly version: string;
  /** Revisions above 1 of the code, by unit. */
  readonly revisions: Readonly<Record<string, number>>;
  readonly arithmetic: string;
  readonly kind: PortableJob['kind'];
  /** Bytes that a process of one thread takes at most. */
  readonly memory: number;
  /** Least number of threads. */
  readonly threads: number;
  /** Modules with units of the user. */
  readonly uses: readonly UsedModule[];
}

export interface UsedModule {
  /** Where the process that plans has it. */
  readonly path: string;
  readonly sha256: string;
}

/** What a worker says of itself. */
export interface WorkerInfo {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly node: string;
  readonly store: string;
  /** Its path of the store. */
  readonly path: string;
  readonly version: string;
  readonly revisions: Readonly<Record<string, number>>;
  readonly arithmetic: string;
  /** Kinds of jobs that it takes; absent: all. */
  readonly only?: readonly string[];
  /** Threads of each job. */
  readonly threads: number;
  /** Bytes of each job's process. */
  readonly memory: number;
  /** Jobs at the same time. */
  readonly jobs: number;
  /** SHA-256 of modules with units of the user. */
  readonly uses: readonly string[];
  /** Whether a module of the path and hash exists there. Only the worker itself can look. */
  readonly has?: (module: UsedModule) => boolean;
}

/** Why a worker cannot take jobs with a requirement; undefined if it can. */
export function reasonAgainst(job: Requirement, worker: WorkerInfo): string | undefined {
  if (job.store !== worker.store)
    return `it works on another store, ${worker.path} with id ${short(worker.store)}, not ${short(job.store)}: the two folders are not the same`;
  if (job.version !== worker.version) return `it has recdistill ${worker.version}, and the plan ${job.version}`;
  const revisions = [...new Set([...Object.keys(job.revisions), ...Object.keys(worker.revisions)])].filter(
    (unit) => (job.revisions[unit] ?? 1) !== (worker.revisions[unit] ?? 1),
  );
  if (revisions.length > 0)
    return revisions
      .map(
        (unit) =>
          `its ${unit} has revision ${worker.revisions[unit] ?? 1}, that of the plan ${job.revisions[unit] ?? 1}`,
      )
      .join('; ');
  if (job.arithmetic !== worker.arithmetic)
    return `it has --arithmetic ${worker.arithmetic}, and the plan ${job.arithmetic}`;
  if (worker.only && !worker.only.includes(job.kind))
    return `it takes only ${worker.only.join(', ')} jobs, not ${job.kind}`;
  if (job.threads > worker.threads) return `it has ${worker.threads} threads a job; at least ${job.threads} are wanted`;
  const needed = memoryWith(job, worker.threads);
  if (needed > worker.memory) return `it has ${megabytes(worker.memory)} a job, and ${megabytes(needed)} are needed`;
  const missing = job.uses.find((use) => !worker.uses.includes(use.sha256) && !(worker.has?.(use) ?? true));
  if (missing) return `it has no module like ${missing.path} (start it with --use)`;
  return undefined;
}

/** Bytes of the process with `threads` threads. */
const memoryWith = ({ memory }: Requirement, threads: number): number =>
  memory - totalOf(programParts(1)) + totalOf(programParts(threads));

/** The memory of a job for a process of one thread. @param memory estimated for a process of `threads` threads */
export const singleThreaded = (memory: number, threads: number): number =>
  memory - totalOf(programParts(threads)) + totalOf(programParts(1));

/** Rounds memory up, by at most an eighth, so that few queues are needed. */
export function roundedMemory(bytes: number): number {
  const step = 2 ** Math.max(23, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

/** The name of the queue of all jobs with this requirement. */
export function queueName(requirement: Requirement): string {
  const hash = createHash('sha256').update(canonicalJson(requirement)).digest('hex').slice(0, 10);
  return `${requirement.kind}-${Math.ceil(requirement.memory / 1e6)}MB-${hash}`;
}

const short = (id: string): string => id.slice(0, 8);

export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
