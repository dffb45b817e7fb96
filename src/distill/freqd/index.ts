export * from './filter.js';
export * from './filtered-side.js';
export * from './graph.js';
