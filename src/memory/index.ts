export * from './limit.js';
export * from './parts.js';
