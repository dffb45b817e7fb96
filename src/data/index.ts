export * from './interactions.js';
export * from './rankings.js';
