export * from './config/index.js';
export * from './data/index.js';
export * from './errors.js';
export * from './kernels/index.js';
