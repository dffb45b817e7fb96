export * from './interactions.js';
export * from './rankings.js';
export * from './trajectory.js';
