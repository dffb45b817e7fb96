export * from './fuse.js';
export * from './importance.js';
