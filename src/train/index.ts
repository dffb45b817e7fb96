export type { LoopCheckpoint, LoopStore } from './checkpoint.js';
export * from './events.js';
export * from './loop.js';
export * from './trajectory.js';
