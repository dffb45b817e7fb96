export * from './model-contract.js';
