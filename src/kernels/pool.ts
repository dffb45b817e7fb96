/** The threads of a machine: they share its memory and split each job into chunks. */
import { Worker } from 'node:worker_threads';
import { fail } from '../errors.js';
import { ACTIVE, EPOCH, FAILED, JOB_BYTES, jobIn, type KernelExports, NEXT, OPEN, STOP, work } from './job.js';

export interface Pool {
  /** Runs `kernel(...args, begin, end)` over all chunks of `[0, count)`, or those from chunk `first` on. @throws RecdistillError `worker-failed` */
  run(kernel: string, args: readonly number[], count: number, chunk: number, first?: number): void;
  close(): void;
}

export function createPool(module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number): Pool {
  const control = new SharedArrayBuffer(JOB_BYTES);
  const job = jobIn(control);
  const abort = (): never => {
    throw new Error('a kernel aborted');
  };
  const kernels = new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as KernelExports;
  const names = Object.keys(kernels).filter((name) => typeof kernels[name] === 'function');
  const indexOf = new Map(names.map((name, k) => [name, k]));
  const workers = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { module, memory, control, names },
    });
    // An idle pool must not keep the process alive.
    worker.unref();
    return worker;
  });
  let closed = false;

  const close = () => {
    if (closed) return;
    closed = true;
    Atomics.store(job.ints, STOP, 1);
    Atomics.add(job.ints, EPOCH, 1);
    Atomics.notify(job.ints, EPOCH);
    for (const worker of workers) void worker.terminate();
  };

  /** After this no worker touches the job any more. */
  const drain = () => {
    Atomics.store(job.ints, OPEN, 0);
    for (let looks = 0; ; looks++) {
      const active = Atomics.load(job.ints, ACTIVE);
      if (active === 0) return;
      // Bounded: the last worker's notify may come between the load and the wait.
      if (looks > 20_000) Atomics.wait(job.ints, ACTIVE, active, 1);
    }
  };

  return {
    run(kernel, args, count, chunk, first = 0) {
      if (closed)
        fail('usage', {
          problem: `the kernels are closed; ${kernel} cannot run`,
          hint: 'Make new kernels with createKernels().',
        });
      const index = indexOf.get(kernel);
      if (index === undefined) fail('unknown-name', { kind: 'kernel', given: kernel, known: names.join(', ') });
      const left = count - first * chunk;
      if (left <= 0) return;
      job.numbers[0] = index;
      job.numbers[1] = count;
      job.numbers[2] = chunk;
      job.numbers[3] = args.length;
      job.numbers.set(args, 4);
      Atomics.store(job.ints, NEXT, first);
      let mine: unknown;
      const shared = workers.length > 0 && left > chunk;
      if (shared) {
        Atomics.store(job.ints, OPEN, 1);
        Atomics.add(job.ints, EPOCH, 1);
        Atomics.notify(job.ints, EPOCH);
      }
      try {
        work(job, kernels, names);
      } catch (error) {
        mine = error;
      }
      if (shared) drain();
      if (mine === undefined && Atomics.load(job.ints, FAILED) === 0) return;
      close();
      const reason = mine instanceof Error ? mine.message : new TextDecoder().decode(job.reason).replace(/\0+$/, '');
      fail('worker-failed', { kernel, reason }, mine);
    },
    close,
  };
}
