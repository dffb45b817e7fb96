/** Kernels shared by all calls of a process. They start with the first call. Their threads do not keep the process alive. */
import { RecdistillError } from '../errors.js';
import { createKernels, type KernelOptions, type Kernels } from '../kernels/index.js';

interface Shared {
  readonly kernels: Kernels;
  /** Number of calls in progress. */
  calls: number;
  /** No new call uses them. */
  retired: boolean;
}

let settings: KernelOptions = {};
let shared: Shared | undefined;

/**
 * Sets threads, memory and arithmetic of the following calls. Omitted values do not change. Calls in progress keep their threads. Results do not depend on
 * the number of threads.
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

/** Calls `use` with the given kernels, or with the shared ones. */
export async function withKernels<T>(given: Kernels | undefined, use: (kernels: Kernels) => Promise<T>): Promise<T> {
  if (given) return use(given);
  shared ??= { kernels: createKernels(settings), calls: 0, retired: false };
  const mine = shared;
  mine.calls += 1;
  try {
    return await use(mine.kernels);
  } catch (error) {
    // The threads of these kernels have ended. The next call starts new ones.
    if (error instanceof RecdistillError && error.code === 'worker-failed') retire(mine);
    throw error;
  } finally {
    mine.calls -= 1;
    if (mine.retired && mine.calls === 0) mine.kernels.close();
  }
}
