/** How a plan is run: what all plans take, and the way from a prepared graph to its results. */
import { createKernels, type Kernels } from '../../kernels/index.js';
import type { Overwrite } from '../../runs/index.js';
import {
  type Executor,
  type GraphResult,
  inlineExecutor,
  type PlanListener,
  type PreparedGraph,
  runGraph,
} from '../engine/index.js';

export interface PlanContext {
  /** Compute in this process. Absent, and without an executor: kernels of this plan's own. */
  readonly kernels?: Kernels | undefined;
  /** Does the jobs instead of this process. */
  readonly executor?: Executor | undefined;
  /** Folder of all runs; absent: nothing is kept on disk. */
  readonly runs?: string | undefined;
  /** `differing`: runs of other options, data or inputs are made anew; true: all runs. */
  readonly overwrite?: Overwrite | undefined;
  /** Whether finished runs that have another name are used. True if absent. */
  readonly reuse?: boolean | undefined;
  readonly listen?: PlanListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws RecdistillError as `runGraph` */
export async function runPrepared(prepared: PreparedGraph, context: PlanContext): Promise<GraphResult> {
  const { executor, kernels, overwrite, listen, signal } = context;
  if (executor) return runGraph(prepared, { executor, overwrite, listen, signal });
  const own = kernels ? undefined : createKernels();
  try {
    const inline = inlineExecutor(kernels ?? own!, prepared.dataset);
    return await runGraph(prepared, { executor: inline, overwrite, listen, signal });
  } finally {
    own?.close();
  }
}
