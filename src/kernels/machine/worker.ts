/**
 * A worker thread: waits for a job, processes chunks, waits for the next. The build embeds it as text (worker-source.ts), so that bundlers
 * need no extra file.
 */
import { workerData } from 'node:worker_threads';
import { instantiate, type KernelSource } from './instantiate.js';
import { ACTIVE, EPOCH, FAILED, jobIn, OPEN, STOP, work } from './job.js';

interface WorkerData {
  readonly source: KernelSource;
  readonly control: SharedArrayBuffer;
  readonly names: readonly string[];
}

const { source, control, names } = workerData as WorkerData;
const job = jobIn(control);
const kernels = instantiate(source, names);

// Polling for a while before sleeping avoids the wake-up time of some 30 microseconds between the kernels of one step.
const POLLS_BEFORE_SLEEP = 4000;

let seen = 0;
while (Atomics.load(job.ints, STOP) === 0) {
  let polls = 0;
  while (Atomics.load(job.ints, EPOCH) === seen && polls < POLLS_BEFORE_SLEEP) polls += 1;
  if (polls === POLLS_BEFORE_SLEEP) Atomics.wait(job.ints, EPOCH, seen);
  seen = Atomics.load(job.ints, EPOCH);
  Atomics.add(job.ints, ACTIVE, 1);
  try {
    if (Atomics.load(job.ints, OPEN) === 1 && Atomics.load(job.ints, STOP) === 0) work(job, kernels);
  } catch (error) {
    const text = new TextEncoder().encode(error instanceof Error ? error.message : String(error));
    job.reason.fill(0).set(text.subarray(0, job.reason.length));
    Atomics.store(job.ints, FAILED, 1);
  }
  if (Atomics.sub(job.ints, ACTIVE, 1) === 1) Atomics.notify(job.ints, ACTIVE);
}
