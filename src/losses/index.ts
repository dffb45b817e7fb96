export * from './bce.js';
export * from './bpr.js';
export * from './hetcomp.js';
export * from './hinge.js';
