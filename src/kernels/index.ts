export * from './_kernels.js';
export type { Floats, Machine } from './_machine.js';
export * from './create.js';
export type { DenseLayer } from './dense.js';
export type { NeumfGroups, NeumfLayers, NeumfPoints } from './neumf.js';
export type { SomeRows } from './optimizers.js';
export type { DrawPlan, RankOrder, RankRule } from './ranks.js';
export * from './rows.js';
export { placeOf, type Symmetric, symmetricLength, takeSymmetric } from './symmetric.js';
