import { createKernels, itemsOf, type Kernels, stream } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { near } from '../compare.js';
import type { BenchData } from '../data.js';
import { tensor } from '../tensors.js';
import { adamOf, copied, firstMoments, freshModel, parametersOf } from './_model.js';

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

function prepare({ hidden, dim }: (typeof CASES)[keyof typeof CASES], { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'mult-vae', {
    hidden,
    dim,
    dropout: 0,
    beta: BETA,
    annealEpochs: 0,
    batchSize: BATCH,
  });
  const inputs = parametersOf(model);
  const optimizer = adamOf(k, model, ADAM);
  const users = k.ints(BATCH);
  users.set(usersWithItems(data));
  let loss = 0;

  const script = 'mult-vae.py';
  const params = { ...ADAM, beta: BETA };
  return {
    work: `${BATCH} users, ${data.items} items, ${hidden} hidden units, latent code of ${dim}`,
    inputs: { ...inputs, ...rowsOf(data, users), noise: noiseOf(k, dim) },
    ours: {
      run() {
        // The same counter in every run, so that the noise is the one that the peer was given.
        loss = model.accumulate({ kind: 'rows', size: BATCH, users, epoch: 1, index: 0 }) / BATCH;
        optimizer.step();
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...firstMoments(optimizer) }),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script,
        about: 'dense rows into linear layers, torch.optim.Adam as it comes',
        params: { ...params, form: 'dense', fused: false },
      },
      {
        name: 'torch-sparse',
        script,
        about: 'the first layer as torch embedding_bag over the items of each user, Adam(fused=True)',
        params: { ...params, form: 'sparse', fused: true },
      },
    ],
    // Adam's first moment after one step is the gradient, up to a factor.
    compare: (ours, peer) => [
      near('loss', ours.loss!, peer.loss!, 1e-5),
      ...model.parameters.map(({ name }) =>
        near(`gradient of ${name}`, ours[`${name}.first`]!, peer[`${name}.first`]!, 1e-4),
      ),
    ],
  };
}

const usersWithItems = (data: BenchData): number[] => {
  const users = Array.from({ length: data.users }, (_, u) => u).filter((u) => itemsOf(data.train, u).length > 0);
  return users.slice(0, BATCH);
};

function rowsOf(data: BenchData, users: Int32Array) {
  const lists = Array.from(users, (u) => [...itemsOf(data.train, u)]);
  const indptr = new Int32Array(users.length + 1);
  lists.forEach((list, row) => {
    indptr[row + 1] = indptr[row]! + list.length;
  });
  return { indptr: tensor(indptr), indices: tensor(Int32Array.from(lists.flat())) };
}

/** The noise that the model draws for batch 0 of epoch 1 under seed 1. */
function noiseOf(k: Kernels, dim: number) {
  const noise = k.floats(BATCH * dim);
  k.normal(noise, stream(1, 'mult-vae noise'), 65_536, 1);
  const copy = copied(noise, BATCH, dim);
  k.free(noise);
  return copy;
}
