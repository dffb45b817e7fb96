/** The memory that this process may use, and the refusal of what needs more. */
import { freemem } from 'node:os';
import { fail } from '../errors.js';
import { type MemoryPart, totalOf } from './parts.js';

let [limit, threads, elsewhere] = [Number.POSITIVE_INFINITY, 1, false];

/** Sets the bytes that this process may use in all, and the threads of its kernels, for the estimates and checks that follow. */
export function planMemory(process: PlannedProcess): void {
  [limit, threads, elsewhere] = [
    process.memoryLimit ?? Number.POSITIVE_INFINITY,
    process.threads,
    process.elsewhere ?? false,
  ];
}

export interface PlannedProcess {
  /** Bytes that it may use in all. */
  readonly memoryLimit?: number | undefined;
  /** Of its kernels. */
  readonly threads: number;
  /** Whether other machines do the jobs, so that this one need not have their memory. Default: false. */
  readonly elsewhere?: boolean;
}

/** Whether other machines do the jobs that this process plans. */
export const worksElsewhere = (): boolean => elsewhere;

/** The threads of the kernels that this process has, or that each of its child processes will have; 1 if it was not set. */
export const plannedThreads = (): number => threads;

/** Bytes that this process may still take: free memory of the system, or less in a container with a limit. */
export function memoryAvailable(): number {
  const bound = (process as { constrainedMemory?: () => number }).constrainedMemory?.() ?? 0;
  const room = bound > 0 && bound < 2 ** 50 ? bound - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  const free = (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem();
  return Math.max(0, Math.min(room, free));
}

/** Bytes that this process may use in all, with what it uses now: by the limit, the container and the machine. */
export const memoryForAll = (): number => Math.min(limit, process.memoryUsage.rss() + memoryAvailable());

/** @throws RecdistillError `out-of-memory` if the parts together are more than `available` bytes */
export function refuseBeyond(
  parts: readonly MemoryPart[],
  what: string,
  hint: string,
  available: number = memoryForAll(),
): void {
  const needed = totalOf(parts);
  if (needed <= available) return;
  const largest = [...parts].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const shown = largest.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
  fail('out-of-memory', {
    what,
    needed: `${megabytes(needed)} (${shown})`,
    available: available === limit ? `${megabytes(available)} by the memory limit` : megabytes(available),
    hint,
  });
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
