export { mostMemory, type ShardedMemory, type ShardedSize, shardedMemory } from './estimate.js';
export { type JoinTask, joinRun } from './join.js';
export { costOf, type PartCost, readPartTensors, writePartCost, writePartTensors } from './part-files.js';
export { trainRanges, usersOf } from './ranges.js';
export { type RankingName, type RankTask, rankUsers } from './rank.js';
export { hasShards, refuseShards } from './refuse.js';
