export * from './bce.js';
export * from './bpr.js';
export * from './hetcomp.js';
export * from './hinge.js';
export * from './lambda-rank.js';
export * from './plackett-luce.js';
export * from './rd.js';
export * from './soft-target.js';
