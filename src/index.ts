/**
 * Recommender distillation: load interactions, train models, distil their knowledge into one small student, evaluate and serve it. What is not
 * here is in the subpaths of the package: docs/library.md lists both.
 */
export { loadRows } from './data/index.js';
export { type MethodName, type MethodSpec, methods } from './distill/index.js';
export { fail, RecdistillError } from './errors.js';
export { type Evaluation, type MetricName, metrics } from './eval/index.js';
export { createKernels, type Kernels } from './kernels/index.js';
export * from './library/index.js';
export { type ModelName, type ModelSpec, models } from './models/index.js';
export type { Comparison } from './report/index.js';
export type { Student } from './student/index.js';
export type { TrainEvent } from './train/index.js';
