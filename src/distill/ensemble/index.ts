export * from './choose.js';
export * from './dissensus.js';
export * from './fuse.js';
export * from './fused-value.js';
export * from './importance.js';
export * from './weights/index.js';
