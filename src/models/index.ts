/** The registry of models: one line adds one. */
import { fail } from '../errors.js';
import type { ModelSpec } from './_model.js';
import { bprMf } from './bpr-mf.js';
import { cdae } from './cdae.js';
import { cml } from './cml.js';
import { ease } from './ease.js';
import { ials } from './ials.js';
import { itemAutoencoder } from './item-autoencoder.js';
import { itemKnn } from './item-knn.js';
import { lightgcn } from './lightgcn.js';
import { multVae } from './mult-vae.js';
import { neumf } from './neumf.js';
import { rp3beta } from './rp3beta.js';
import { topPop } from './top-pop.js';

export const models: readonly ModelSpec[] = [
  topPop,
  itemKnn,
  rp3beta,
  ease,
  ials,
  bprMf,
  cml,
  neumf,
  lightgcn,
  multVae,
  itemAutoencoder,
  cdae,
];

/** @throws RecdistillError `unknown-name` */
export function modelNamed(name: string): ModelSpec {
  const found = models.find((m) => m.name === name);
  if (!found) fail('unknown-name', { kind: 'model', given: name, known: models.map((m) => m.name).join(', ') });
  return found;
}

export * from '../optim/index.js';
export * from './_model.js';
export * from './cdae-mask.js';
export { edgeWeights } from './lightgcn.js';
export * from './neumf-network.js';
export * from './neumf-step.js';
export type { TrainOptions } from './options.js';
export * from './pair-learner.js';
export * from './rank.js';
export { unitNorm } from './row-vae.js';
export * from './vae-network.js';
export * from './vae-rows.js';
