/** The kernels that all calls of a process share. They start with the first call, and their threads do not keep the process alive. */
import { RecdistillError } from '../errors.js';
import { createKernels, type KernelOptions, type Kernels } from '../kernels/index.js';

interface Shared {
  readonly kernels: Kernels;
  /** Calls that are under way. */
  calls: number;
  /** No call starts with it any more. */
  retired: boolean;
}

let settings: KernelOptions = {};
let shared: Shared | undefined;

/**
 * Sets how many threads and how much memory the calls from now on use; what is left out keeps its value. Calls that are under way go on with
 * the threads that they have. The results are the same at any number of threads.
 * @throws RecdistillError `bad-option`, from the first call that needs kernels
 */
export function configure(options: KernelOptions): void {
  settings = { ...settings, ...options };
  if (shared) retire(shared);
}

function retire(old: Shared): void {
  old.retired = true;
  if (shared === old) shared = undefined;
  if (old.calls === 0) old.kernels.close();
}

/** Lends kernels to `use`: those given, or the shared ones. */
export async function withKernels<T>(given: Kernels | undefined, use: (kernels: Kernels) => Promise<T>): Promise<T> {
  if (given) return use(given);
  shared ??= { kernels: createKernels(settings), calls: 0, retired: false };
  const mine = shared;
  mine.calls += 1;
  try {
    return await use(mine.kernels);
  } catch (error) {
    // The threads of these kernels have ended; the next call starts others.
    if (error instanceof RecdistillError && error.code === 'worker-failed') retire(mine);
    throw error;
  } finally {
    mine.calls -= 1;
    if (mine.retired && mine.calls === 0) mine.kernels.close();
  }
}
