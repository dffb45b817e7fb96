export * from './pipeline.js';
export { namedTeachers, type PipelineOptions, pipelineOptions, type Role, withPreset } from './plan.js';
export * from './study/index.js';
