/**
 * How the calling thread and the workers share one job, in a small block of shared memory.
 *
 * Ints: EPOCH counts jobs, OPEN is 1 while chunks may be taken, ACTIVE counts workers inside, NEXT is the next chunk,
 * FAILED is 1 after an exception in a worker. Numbers (float64): kernel index, count, chunk size, number of arguments, arguments.
 * A worker first enters (ACTIVE + 1) and then looks at OPEN; the caller first clears OPEN and then waits for ACTIVE = 0. So after
 * that wait no worker can still read an old job, and one that comes late backs out without reading anything.
 */
export const EPOCH = 0;
export const OPEN = 1;
export const ACTIVE = 2;
export const NEXT = 3;
export const FAILED = 4;
export const STOP = 5;
const INTS = 16;
const NUMBERS = 64;
const REASON_BYTES = 512;
export const JOB_BYTES = INTS * 4 + NUMBERS * 8 + REASON_BYTES;

export interface Job {
  readonly ints: Int32Array;
  readonly numbers: Float64Array;
  readonly reason: Uint8Array;
}

export const jobIn = (buffer: SharedArrayBuffer): Job => ({
  ints: new Int32Array(buffer, 0, INTS),
  numbers: new Float64Array(buffer, INTS * 4, NUMBERS),
  reason: new Uint8Array(buffer, INTS * 4 + NUMBERS * 8, REASON_BYTES),
});

export type KernelExports = Record<string, (...args: number[]) => void>;

/** Takes and runs chunks until none is left. */
export function work(job: Job, kernels: KernelExports, names: readonly string[]): void {
  const kernel = kernels[names[job.numbers[0]!]!]!;
  const count = job.numbers[1]!;
  const chunk = job.numbers[2]!;
  const args = Array.from(job.numbers.subarray(4, 4 + job.numbers[3]!));
  for (;;) {
    const begin = Atomics.add(job.ints, NEXT, 1) * chunk;
    if (begin >= count) return;
    kernel(...args, begin, Math.min(begin + chunk, count));
  }
}
