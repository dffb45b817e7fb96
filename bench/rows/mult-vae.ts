import { createKernels } from 'recdistill';
import { itemsOf } from 'recdistill/data';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { near } from '../compare.js';
import type { BenchData } from '../data.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel } from './_model.js';
import { vaeMoments, vaeNames, vaeParameters, vaePeers, vaeRows } from './_vae.js';

const BATCH = 500;
const BETA = 0.2;
const ADAM = { learningRate: 0.001, l2: 0 };
const CASES = {
  'hidden200-latent64': { hidden: 200, dim: 64 },
  'hidden600-latent200': { hidden: 600, dim: 200 },
} as const;

/** One training step of Mult-VAE on whole users; without dropout, and with the same noise on both sides. */
export const multVae: BenchRow<keyof typeof CASES> = {
  title: 'a training step of Mult-VAE: forward, backward, Adam on every parameter',
  goal: '>= 1.5x',
  cases: ['hidden200-latent64', 'hidden600-latent200'],
  prepare: (name, options) => prepare(CASES[name], options),
};

function prepare(shape: (typeof CASES)[keyof typeof CASES], { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const options = { ...shape, dropout: 0, beta: BETA, annealEpochs: 0, batchSize: BATCH };
  const model = freshModel(k, data, 'mult-vae', options);
  const inputs = vaeParameters(model, shape);
  const optimizer = adamOf(k, model, ADAM);
  const users = k.ints(BATCH);
  users.set(usersWithItems(data));
  let loss = 0;
  return {
    work: `${BATCH} users, ${data.nItems} items, ${shape.hidden} hidden units, latent code of ${shape.dim}`,
    inputs: { ...inputs, ...vaeRows(k, 'mult-vae', data.train, users, BATCH, shape.dim) },
    ours: {
      run() {
        // The same counter in every run, so that the noise is the one that the peer was given.
        loss = model.accumulate({ kind: 'rows', size: BATCH, users, epoch: 1, index: 0 }) / BATCH;
        optimizer.step();
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...vaeMoments(model, shape, optimizer) }),
      close: () => k.close(),
    },
    peers: vaePeers('mult-vae.py', { ...ADAM, beta: BETA, batchSize: BATCH }),
    // Adam's first moment after one step is the gradient, up to a factor.
    compare: (ours, peer) => [
      near('loss', ours.loss!, peer.loss!, 1e-5),
      ...vaeNames.map((name) => near(`gradient of ${name}`, ours[`${name}.first`]!, peer[`${name}.first`]!, 1e-4)),
    ],
  };
}

const usersWithItems = (data: BenchData): number[] => {
  const users = Array.from({ length: data.nUsers }, (_, u) => u).filter((u) => itemsOf(data.train, u).length > 0);
  return users.slice(0, BATCH);
};
