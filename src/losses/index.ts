export * from './bpr.js';
export * from './hetcomp.js';
