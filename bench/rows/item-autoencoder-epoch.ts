import { transpose } from 'recdistill/data';
import type { BenchRow } from '../_row.js';
import { vaeEpoch } from './_vae-epoch.js';

const CASES = { 'hidden200-latent64-batch500': { hidden: 200, dim: 64, batchSize: 500 } } as const;

/** All items with users once. */
export const itemAutoencoderEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of the item autoencoder with Adam on every parameter',
  goal: 'at least on par',
  cases: ['hidden200-latent64-batch500'],
  prepare: (name, options) => vaeEpoch('item-autoencoder', transpose(options.data.train), CASES[name], options),
};
