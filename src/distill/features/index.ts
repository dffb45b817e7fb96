export * from './projection.js';
export * from './side.js';
