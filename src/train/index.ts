export type { Checkpoint, LoopStore, Tensor } from './checkpoint.js';
export * from './events.js';
export * from './loop.js';
export * from './trajectory.js';
