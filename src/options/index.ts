export * from './describe.js';
export * from './options.js';
export * from './registry.js';
export * from './search.js';
