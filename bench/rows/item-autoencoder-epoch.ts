import { createKernels, itemsOf, shuffle, stream, transpose } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel } from './_model.js';
import { vaeNames, vaeParameters, vaePeers, vaeRows } from './_vae.js';

const BETA = 0.2;
const ADAM = { learningRate: 0.001, l2: 0 };
const CASES = { 'hidden200-latent64-batch500': { hidden: 200, dim: 64, batchSize: 500 } } as const;

/** All items with users once; without dropout, and with the same noise on both sides. */
export const itemAutoencoderEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of the item autoencoder with Adam on every parameter',
  cases: ['hidden200-latent64-batch500'],
  prepare: (name, options) => prepare(CASES[name], options),
};

function prepare(shape: (typeof CASES)[keyof typeof CASES], { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const { batchSize } = shape;
  const model = freshModel(k, data, 'item-autoencoder', { ...shape, dropout: 0, beta: BETA, annealEpochs: 0 });
  const optimizer = adamOf(k, model, ADAM);
  const byItem = transpose(data.train);
  const active = Int32Array.from({ length: data.items }, (_, i) => i).filter((i) => itemsOf(byItem, i).length > 0);
  shuffle(active, stream(1, 'benchmark order'), 0);
  const items = k.ints(active.length);
  items.set(active);
  let loss = 0;
  return {
    work: `${items.length} items in batches of ${batchSize}, ${data.users} users, ${shape.hidden} hidden units, latent code of ${shape.dim}`,
    inputs: {
      ...vaeParameters(model, shape),
      ...vaeRows(k, 'item-autoencoder', byItem, items, batchSize, shape.dim),
    },
    ours: {
      run() {
        loss = 0;
        for (let begin = 0, index = 0; begin < items.length; begin += batchSize, index++) {
          const part = items.subarray(begin, begin + batchSize);
          loss += model.accumulate({ kind: 'items', size: part.length, items: part, epoch: 1, index }) / part.length;
          optimizer.step();
        }
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...vaeParameters(model, shape) }),
      close: () => k.close(),
    },
    peers: vaePeers('item-autoencoder-epoch.py', { ...ADAM, beta: BETA, batchSize }),
    // As in bpr-epoch: where a gradient cancels to nothing but rounding, a step of Adam may go either way.
    compare: (ours, peer) => [
      near('loss of the epoch', ours.loss!, peer.loss!, 1e-5),
      ...vaeNames.map((name) => mostlyNear(name, ours[name]!, peer[name]!, 1e-4, 1e-3)),
    ],
  };
}
