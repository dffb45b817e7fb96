/**
 * The shared memory block in which the calling thread and the workers coordinate one job.
 *
 * Ints: EPOCH counts jobs, OPEN is 1 while chunks may be taken, ACTIVE counts workers inside, NEXT is the next chunk,
 * FAILED is 1 after an exception in a worker. Float64: kernel index, count, chunk size, number of arguments, arguments.
 * A worker first enters (ACTIVE + 1) and then reads OPEN. The caller first clears OPEN and then waits for ACTIVE = 0. After that
 * wait no worker can read an old job, and a late worker leaves without reading anything.
 */
export type Kernel = (...args: number[]) => void;

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

/** Indices of the float64 values. */
export const KERNEL = 0;
export const COUNT = 1;
export const CHUNK = 2;
export const SIZE = 3;
export const ARGUMENTS = 4;

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

/** Takes and runs chunks until none is left. */
export function work(job: Job, kernels: readonly Kernel[]): void {
  const { ints, numbers } = job;
  const kernel = kernels[numbers[KERNEL]!]!;
  const count = numbers[COUNT]!;
  const chunk = numbers[CHUNK]!;
  const args: number[] = [];
  for (let k = 0; k < numbers[SIZE]!; k++) args.push(numbers[ARGUMENTS + k]!);
  for (;;) {
    const begin = Atomics.add(ints, NEXT, 1) * chunk;
    if (begin >= count) return;
    kernel(...args, begin, Math.min(begin + chunk, count));
  }
}
