export type { LoopCheckpoint, LoopStore } from './checkpoint.js';
export * from './events.js';
export type * from './hooks.js';
export type { LearnerTask, TrainOutcome, Validation } from './learner.js';
export * from './loop.js';
export * from './trajectory.js';
