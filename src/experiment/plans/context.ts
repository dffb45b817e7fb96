/** What all plans take, and how their graphs are run. */
import { createKernels } from '../../kernels/index.js';
import {
  type Executor,
  type GraphResult,
  inlineExecutor,
  type PreparedGraph,
  type PrepareOptions,
  type RunOptions,
  runGraph,
} from '../engine/index.js';

export interface PlanContext extends Omit<RunOptions, 'executor'>, Omit<PrepareOptions, 'dataset' | 'held'> {
  /** Runs the jobs. By default this process does. */
  readonly executor?: Executor | undefined;
  /** Called before the jobs of each graph run. */
  readonly before?: ((prepared: PreparedGraph, atOnce: number) => Promise<void>) | undefined;
}

/** @throws RecdistillError as `runGraph` */
export async function runPrepared(prepared: PreparedGraph, context: PlanContext): Promise<GraphResult> {
  const { executor, kernels } = context;
  await context.before?.(prepared, executor?.atOnce ?? 1);
  if (executor) return runGraph(prepared, { ...context, executor });
  const own = kernels ? undefined : createKernels({ arithmetic: context.arithmetic ?? 'auto' });
  try {
    return await runGraph(prepared, { ...context, executor: inlineExecutor(kernels ?? own!, prepared.dataset) });
  } finally {
    own?.close();
  }
}
