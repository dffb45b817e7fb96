export { usersOf } from '../engine/parts/recommend.js';
export { secondsOfRecommendations } from './estimate.js';
export { type Histories, historiesOf } from './from.js';
export * from './recommend-all.js';
export { tableFormats } from './table.js';
