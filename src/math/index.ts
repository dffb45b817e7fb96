export * from './distributions.js';
export * from './random.js';
