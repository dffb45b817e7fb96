export * from './auto/index.js';
export * from './engine/index.js';
export { evaluateInShards } from './evaluate-shards.js';
export * from './plans/index.js';
export * from './presets/index.js';
export * from './recommend/index.js';
export * from './search/index.js';
export { type RankingsInShards, writeRankingsInShards } from './write-rankings.js';
