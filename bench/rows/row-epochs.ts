/** One epoch, or one step, of the models that are trained on rows: all users (or items) with interactions, without dropout. */
import type { Kernels } from 'recdistill';
import { type Interactions, itemsOf, packLists, transpose } from 'recdistill/data';
import { shuffle, stream } from 'recdistill/math';
import { type Batch, createMask, type TrainableModel } from 'recdistill/models';
import { near } from '../compare.js';
import { type Tensors, tensor } from '../tensors.js';
import { type EpochSpec, epochRow, parametersAgree } from './_epoch.js';
import { parametersOf } from './_model.js';
import { activeRows } from './_rows.js';
import { type VaeShape, vaeMoments, vaeNames, vaeNoise, vaeParameters } from './_vae.js';

/** The rows in random order. */
function shuffled(k: Kernels, matrix: Interactions): Int32Array {
  const rows = activeRows(matrix);
  shuffle(rows, stream(1, 'benchmark order'), 0);
  return Object.assign(k.ints(rows.length), rows);
}

/** The same counters in every run, so that noise and masks are those that the peer was given. */
function* batchesOf(rows: Int32Array, batchSize: number, of: 'users' | 'items'): Generator<Batch> {
  for (let begin = 0, index = 0; begin < rows.length; begin += batchSize, index++) {
    const part = rows.subarray(begin, begin + batchSize);
    const place = { size: part.length, epoch: 1, index };
    yield of === 'users' ? { kind: 'rows', users: part, ...place } : { kind: 'items', items: part, ...place };
  }
}

const listsOf = (matrix: Interactions, rows: Int32Array): Tensors => {
  const { indptr, indices } = packLists(Array.from(rows, (row) => itemsOf(matrix, row)));
  return { indptr: tensor(indptr), indices: tensor(indices) };
};

const NEGATIVES = 5;

/** Five items are drawn for each of a user's; ours pays for the draw, peers are given what it draws. */
export const cdaeEpoch = epochRow({
  title: 'one epoch of the collaborative denoising autoencoder with Adam on every parameter',
  goal: 'at least on par',
  cases: { 'dim64-batch128': { dim: 64, batchSize: 128 }, 'dim50-batch512': { dim: 50, batchSize: 512 } },
  model: 'cdae',
  options: (shape) => ({ ...shape, dropout: 0, negatives: NEGATIVES }),
  adam: { learningRate: 0.001, l2: 1e-5 },
  draw({ k, data: { train, nItems }, shape: { dim, batchSize } }) {
    const users = shuffled(k, train);
    return {
      work: `${users.length} users in batches of ${batchSize}, ${nItems} items, ${dim} hidden units, ${NEGATIVES} negatives`,
      inputs: {
        ...{ userIds: tensor(Int32Array.from(users)), ...listsOf(train, users) },
        ...masksOf(k, train, users, batchSize),
      },
      batches: () => batchesOf(users, batchSize, 'users'),
    };
  },
  /** Our decoder keeps its biases behind its weights. */
  parameters(model, { dim }) {
    const tensors = parametersOf(model);
    const rows = tensors.decoder!.data;
    const items = Int32Array.from({ length: model.nItems }, (_, i) => i);
    const weights = Float32Array.from({ length: items.length * dim }, (_, at) => rows[at + Math.floor(at / dim)]!);
    const biases = Float32Array.from(items, (i) => rows[i * (dim + 1) + dim]!);
    return { ...tensors, decoder: tensor(weights, items.length, dim), decoderBias: tensor(biases) };
  },
  script: 'cdae-epoch.py',
  peers: [
    { name: 'torch', about: 'dense rows, logits and mask, torch.optim.Adam as it comes', form: 'dense' },
    {
      name: 'torch-sparse',
      about: 'embedding_bag, and the logits of the masked pairs alone; Adam(fused=True)',
      form: 'sparse',
    },
  ],
  compare: parametersAgree({ apart: 1e-4, share: 1e-3 }),
});

/** What the model draws in epoch 1 under seed 1, batch by batch; users as rows of their batch. */
function masksOf(k: Kernels, train: Interactions, users: Int32Array, batchSize: number): Tensors {
  const mask = createMask(k, train, NEGATIVES, batchSize, 1, 'cdae negatives');
  const [starts, rows, items, targets] = [[0], [] as number[], [] as number[], [] as number[]];
  for (let begin = 0, index = 0; begin < users.length; begin += batchSize, index++) {
    const part = users.subarray(begin, begin + batchSize);
    const rowOf = new Map(Array.from(part, (u, row) => [u, row]));
    const n = mask.draw(part, 1, index);
    for (let at = 0; at < n; at++) {
      rows.push(rowOf.get(mask.users[at]!)!);
      items.push(mask.items[at]!);
      targets.push(mask.targets[at]!);
    }
    starts.push(rows.length);
  }
  mask.close();
  return {
    pairStarts: tensor(Int32Array.from(starts)),
    pairRows: tensor(Int32Array.from(rows)),
    pairItems: tensor(Int32Array.from(items)),
    pairTargets: tensor(Float32Array.from(targets)),
  };
}

const VAE_BATCH = 500;

/** What the rows on variational autoencoders share. The noise is the same on both sides. */
const vae = (model: 'mult-vae' | 'item-autoencoder') =>
  ({
    model,
    options: (shape: VaeShape) => ({ ...shape, batchSize: VAE_BATCH, dropout: 0, beta: 0.2, annealEpochs: 0 }),
    adam: { learningRate: 0.001, l2: 0 },
    meanLoss: true,
    parameters: vaeParameters,
    script: 'vae.py',
    peers: [
      { name: 'torch', about: 'dense rows into linear layers, torch.optim.Adam as it comes', form: 'dense' },
      {
        name: 'torch-sparse',
        about: 'the first layer as torch embedding_bag over the entries of each row, Adam(fused=True)',
        form: 'sparse',
      },
    ],
  }) satisfies Partial<EpochSpec<VaeShape>>;

function vaeInputs(k: Kernels, model: string, matrix: Interactions, rows: Int32Array, { dim }: VaeShape): Tensors {
  return { ...listsOf(matrix, rows), noise: vaeNoise(k, model, rows.length, VAE_BATCH, dim) };
}

const layersOf = ({ hidden, dim }: VaeShape): string => `${hidden} hidden units, latent code of ${dim}`;

/** @param of what a row of the model is */
const vaeEpoch = (model: 'mult-vae' | 'item-autoencoder', title: string, of: 'users' | 'items') =>
  epochRow<VaeShape>({
    ...vae(model),
    ...{ title, goal: 'at least on par', cases: { 'hidden200-latent64-batch500': { hidden: 200, dim: 64 } } },
    draw({ k, data: { train }, shape }) {
      const matrix = of === 'users' ? train : transpose(train);
      const rows = shuffled(k, matrix);
      const columns = `${matrix.nItems} ${of === 'users' ? 'items' : 'users'}`;
      return {
        work: `${rows.length} ${of} in batches of ${VAE_BATCH}, ${columns}, ${layersOf(shape)}`,
        inputs: vaeInputs(k, model, matrix, rows, shape),
        batches: () => batchesOf(rows, VAE_BATCH, of),
      };
    },
    compare: parametersAgree({ apart: 1e-4, share: 1e-3 }),
  });

export const multVaeEpoch = vaeEpoch('mult-vae', 'one epoch of Mult-VAE with Adam on every parameter', 'users');
export const itemAutoencoderEpoch = vaeEpoch(
  'item-autoencoder',
  'one epoch of the item autoencoder with Adam on every parameter',
  'items',
);

/** One training step on whole users. */
export const multVae = epochRow<VaeShape>({
  ...vae('mult-vae'),
  title: 'a training step of Mult-VAE: forward, backward, Adam on every parameter',
  goal: '>= 1.5x',
  cases: { 'hidden200-latent64': { hidden: 200, dim: 64 }, 'hidden600-latent200': { hidden: 600, dim: 200 } },
  draw({ k, data: { train, nItems }, shape }) {
    const users = k.ints(VAE_BATCH);
    users.set(activeRows(train).subarray(0, VAE_BATCH));
    return {
      work: `${VAE_BATCH} users, ${nItems} items, ${layersOf(shape)}`,
      inputs: vaeInputs(k, 'mult-vae', train, users, shape),
      batches: () => batchesOf(users, VAE_BATCH, 'users'),
    };
  },
  result: (model: TrainableModel, shape, optimizer) => vaeMoments(model, shape, optimizer),
  // Adam's first moment after one step is the gradient, up to a factor.
  compare: (ours, peer) =>
    vaeNames.map((name) => near(`gradient of ${name}`, ours[`${name}.first`]!, peer[`${name}.first`]!, 1e-4)),
});
