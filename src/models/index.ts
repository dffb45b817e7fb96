/** The registry of models. A new model is one line. */
import { createRegistry, type NameOr, type Registry } from '../options/registry.js';
import type { ModelSpec } from './_model.js';
import { bprMf } from './bpr-mf.js';
import { cdae } from './cdae.js';
import { modelProblem } from './check.js';
import { cml } from './cml.js';
import { ease } from './ease.js';
import { fism } from './fism.js';
import { ials } from './ials.js';
import { itemAutoencoder } from './item-autoencoder.js';
import { itemKnn } from './item-knn.js';
import { lightgcn } from './lightgcn.js';
import { mf } from './mf.js';
import { multVae } from './mult-vae.js';
import { neumf } from './neumf.js';
import { rp3beta } from './rp3beta.js';
import { topPop } from './top-pop.js';

/** The built-in models by name. */
export const models = {
  'top-pop': topPop,
  'item-knn': itemKnn,
  rp3beta,
  ease,
  ials,
  'bpr-mf': bprMf,
  mf,
  cml,
  neumf,
  lightgcn,
  'mult-vae': multVae,
  'item-autoencoder': itemAutoencoder,
  cdae,
  fism,
} as const satisfies Record<string, ModelSpec>;

export type ModelName = keyof typeof models;

/** Built-in models and those that users add. */
export const modelRegistry: Registry<ModelSpec> = createRegistry<ModelSpec>('model', 'model', models, modelProblem);

/** The model of this name, or the model itself. @throws as `Registry.find` */
export const modelOf = (given: NameOr<ModelName> | ModelSpec): ModelSpec => modelRegistry.find(given);

export * from '../optim/index.js';
export * from './_model.js';
export * from './cdae-mask.js';
export { brokenModel, isTrainable, makeModel, makeTrainable, parametersProblem, trainable } from './check.js';
export { takeAscending } from './given-histories.js';
export { edgeWeights } from './lightgcn.js';
export * from './neumf-network.js';
export * from './neumf-step.js';
export { avoidOf, shards, type TrainOptions, trainOptionsOf } from './options.js';
export * from './pair-learner.js';
export * from './rank.js';
export { historiesAtOnce } from './rank-histories.js';
export { rankTables } from './rank-tables.js';
export { rankTested } from './rank-tested.js';
export { unitNorm } from './row-vae.js';
export {
  type PartTensors,
  rangesOf,
  type ShardContext,
  type ShardSizes,
  type Side,
  type Stage,
  type TrainRanges,
} from './shards/_shards.js';
export * from './vae-network.js';
export * from './vae-rows.js';
