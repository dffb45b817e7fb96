export * from './file-contracts.js';
export * from './made-up-teachers.js';
export * from './method-contract.js';
export * from './model-contract.js';
export * from './unit-contracts.js';
