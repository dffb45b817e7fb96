/** Runs the jobs in this process, one after the other. */
import type { Dataset } from '../../../data/index.js';
import type { Kernels } from '../../../kernels/index.js';
import type { Executor } from '../executor.js';
import { perform } from '../kinds/index.js';

/** @param kernels are closed by the caller */
export const inlineExecutor = (kernels: Kernels, dataset: Dataset): Executor => ({
  ...{ atOnce: 1, remote: false },
  run: (task, control) => perform(task, { dataset, kernels }, control),
  close() {},
});
