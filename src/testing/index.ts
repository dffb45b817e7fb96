export type { ContractCase } from './checks.js';
export * from './file-contracts.js';
export * from './method-contract.js';
export * from './model-contract.js';
export * from './synthetic-teachers.js';
export * from './unit-contracts.js';
