import type { BenchRow } from '../_row.js';
import { vaeEpoch } from './_vae-epoch.js';

const CASES = { 'hidden200-latent64-batch500': { hidden: 200, dim: 64, batchSize: 500 } } as const;

/** All users with items once. */
export const multVaeEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of Mult-VAE with Adam on every parameter',
  goal: 'at least on par',
  cases: ['hidden200-latent64-batch500'],
  prepare: (name, options) => vaeEpoch('mult-vae', options.data.train, CASES[name], options),
};
