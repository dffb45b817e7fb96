export * from './_kernels.js';
export type { Floats, Machine } from './_machine.js';
export * from './create.js';
export * from './rows.js';
export { placeOf, type Symmetric, symmetricLength, takeSymmetric } from './symmetric.js';
