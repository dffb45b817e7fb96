export * from './create.js';
export { defaultThreads, THREADS_VARIABLE } from './default-threads.js';
export type { DenseLayer } from './dense/dense.js';
export type { WeightedLists } from './fuse/fuse.js';
export * from './kernels.js';
export {
  type Arithmetic,
  type ArithmeticWord,
  arithmeticOf,
  arithmeticWords,
  blasName,
  blasProblem,
  blasSetting,
  fmaProblem,
  wordOf,
} from './machine/arithmetic.js';
export type { Floats, Machine } from './machine/machine.js';
export { hasWideVectors, nodeArguments, useWideVectors } from './machine/wide-vectors.js';
export type { NeumfGroups, NeumfLayers, NeumfPoints } from './neumf/neumf.js';
export type { SomeRows } from './optimizers/optimizers.js';
export {
  type Edges,
  freeGraph,
  type Graph,
  graphBytes,
  layersBytes,
  type NodeTables,
  takeGraph,
} from './propagate/propagate.js';
export type { DrawPlan, RankOrder, RankRule } from './ranks/ranks.js';
export type { ReconstructionForm } from './reconstruction/reconstruction.js';
export * from './rows.js';
export { placeOf, type Symmetric, symmetricLength, takeSymmetric } from './symmetric/symmetric.js';
