/** One job after the other in this process. */
import type { Dataset } from '../../../data/index.js';
import type { Kernels } from '../../../kernels/index.js';
import type { Executor } from '../executor.js';
import { perform } from '../kinds/index.js';

/** @param kernels stay open: whoever made them closes them */
export const inlineExecutor = (kernels: Kernels, dataset: Dataset): Executor => ({
  ...{ atOnce: 1, ships: false },
  run: (task, control) => perform(task, { dataset, kernels }, control),
  close() {},
});
