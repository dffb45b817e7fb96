export * from './estimate.js';
export * from './evaluation.js';
export * from './external.js';
export * from './finished.js';
export { createDistiller, type Teaching } from './fit.js';
export * from './job.js';
export { splitOptions } from './method.js';
export * from './pipeline.js';
export { namedTeachers, type PipelineOptions, pipelineOptions, type Role, withPreset } from './plan.js';
