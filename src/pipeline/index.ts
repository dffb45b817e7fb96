export * from './estimate.js';
export * from './evaluation.js';
export * from './finished.js';
export * from './job.js';
export * from './pipeline.js';
