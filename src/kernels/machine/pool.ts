/** The threads of a machine. They share its memory and divide each job into chunks. */
import { Worker } from 'node:worker_threads';
import { fail } from '../../errors.js';
import { type KernelArguments, type KernelName, kernelParameters } from '../signatures.js';
import { instantiate, type KernelSource } from './instantiate.js';
import {
  ACTIVE,
  ARGUMENTS,
  CHUNK,
  COUNT,
  EPOCH,
  FAILED,
  JOB_BYTES,
  jobIn,
  KERNEL,
  NEXT,
  OPEN,
  SIZE,
  STOP,
  work,
} from './job.js';
import type { KernelArgument, Passed } from './machine.js';
import { workerSource } from './worker-source.js';

export interface Pool {
  /** Runs `kernel` over all chunks of `[0, count)`, or those from chunk `first` on. @throws RecdistillError `worker-failed` */
  run<K extends KernelName>(
    kernel: K,
    args: Passed<KernelArguments[K]>,
    count: number,
    chunk: number,
    first?: number,
  ): void;
  close(): void;
}

export function createPool(
  source: KernelSource,
  threads: number,
  numberOf: (argument: KernelArgument) => number,
): Pool {
  const control = new SharedArrayBuffer(JOB_BYTES);
  const job = jobIn(control);
  const names = Object.keys(kernelParameters);
  const kernels = instantiate(source, names);
  const indexOf = new Map(names.map((name, k) => [name, k]));
  const workers = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker(workerSource, { eval: true, workerData: { source, control, names } });
    // An idle pool must not keep the process alive.
    worker.unref();
    return worker;
  });
  let closed = false;
  /** What ended the pool. It is what every later call fails with, so that calls while something is cleaned up do not hide it. */
  let broken: { readonly kernel: string; readonly reason: string } | undefined;

  const close = () => {
    if (closed) return;
    closed = true;
    Atomics.store(job.ints, STOP, 1);
    Atomics.add(job.ints, EPOCH, 1);
    Atomics.notify(job.ints, EPOCH);
    for (const worker of workers) void worker.terminate();
  };

  /** After this no worker accesses the job any more. */
  const drain = () => {
    Atomics.store(job.ints, OPEN, 0);
    for (let polls = 0; ; polls++) {
      const active = Atomics.load(job.ints, ACTIVE);
      if (active === 0) return;
      // With a timeout: the last worker's notify may come between the load and the wait.
      if (polls > 20_000) Atomics.wait(job.ints, ACTIVE, active, 1);
    }
  };

  return {
    run(kernel, args, count, chunk, first = 0) {
      if (broken) fail('worker-failed', broken);
      if (closed)
        fail('usage', {
          problem: `the kernels are closed; ${kernel} cannot run`,
          hint: 'Create new kernels with createKernels().',
        });
      const left = count - first * chunk;
      if (left <= 0) return;
      const { numbers, ints } = job;
      const parameters = kernelParameters[kernel];
      numbers[KERNEL] = indexOf.get(kernel)!;
      numbers[COUNT] = count;
      numbers[CHUNK] = chunk;
      numbers[SIZE] = parameters.length;
      for (let k = 0; k < parameters.length; k++) numbers[ARGUMENTS + k] = numberOf(args[parameters[k]!]);
      Atomics.store(ints, NEXT, first);
      let mine: unknown;
      const shared = workers.length > 0 && left > chunk;
      if (shared) {
        Atomics.store(ints, OPEN, 1);
        Atomics.add(ints, EPOCH, 1);
        Atomics.notify(ints, EPOCH);
      }
      try {
        work(job, kernels);
      } catch (error) {
        mine = error;
      }
      if (shared) drain();
      if (mine === undefined && Atomics.load(ints, FAILED) === 0) return;
      close();
      const reason = mine instanceof Error ? mine.message : new TextDecoder().decode(job.reason).replace(/\0+$/, '');
      broken = { kernel, reason };
      fail('worker-failed', broken, mine);
    },
    close,
  };
}
