export { fuseSeconds, type Sizes, secondsOf } from './cost.js';
export * from './estimate.js';
export * from './events.js';
export * from './executor.js';
export * from './executors/bullmq/index.js';
export { inlineExecutor } from './executors/inline.js';
export { memoryShare, type ProcessesOptions, processesExecutor, sharesOf } from './executors/processes.js';
export * from './graph.js';
export * from './job.js';
export {
  type HeldResult,
  type JobState,
  type PreparedGraph,
  type PreparedJob,
  type PrepareOptions,
  prepareGraph,
  stateOf,
  storedMetrics,
  storedTrials,
} from './prepare.js';
export * from './run.js';
export type { RunOptions } from './run-job.js';
export { folderByHash } from './store.js';
export { refuseStoreName } from './store-folders.js';
