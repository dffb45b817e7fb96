export * from './describe.js';
export * from './options.js';
export * from './registry.js';
export * from './reserved.js';
export * from './search.js';
export * from './unit-check.js';
export * from './unit-option.js';
export * from './use.js';
