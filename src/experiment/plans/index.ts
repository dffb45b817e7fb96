export { type PlanContext, runPrepared } from './context.js';
export * from './pipeline.js';
export { type PipelineOptions, pipelineOptions, type Role, withPreset } from './plan.js';
export * from './study/index.js';
export * from './train.js';
export * from './tune.js';
