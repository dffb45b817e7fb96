export * from './distiller-contract.js';
export * from './made-up-teachers.js';
export * from './model-contract.js';
