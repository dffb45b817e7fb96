export * from './adjust.js';
export * from './bootstrap.js';
export * from './compare.js';
export * from './evaluate.js';
export * from './metrics/_metric.js';
export { bdRankings } from './metrics/bd-compat.js';
export * from './metrics/index.js';
export { rankScores } from './rank.js';
export * from './significance.js';
