export * from './made-up-teachers.js';
export * from './method-contract.js';
export * from './model-contract.js';
