export * from './describe.js';
export * from './options.js';
