/** One epoch of the models that are trained on pairs: all train interactions once, each with items that the user does not have. */
import type { BenchData } from '../data.js';
import { type EpochContext, epochRow, parametersAgree } from './_epoch.js';
import { adjacency } from './_graph.js';
import { comparedOf, drawnEpoch } from './_pairs.js';

const rowsIn = ({ nUsers, nItems }: BenchData): string => `${nUsers} + ${nItems} rows`;

/** Triples of a user, an item and one negative. */
function triples(
  { k, data }: Pick<EpochContext<unknown>, 'k' | 'data'>,
  { batchSize, dim }: { batchSize: number; dim: number },
) {
  const { size, inputs, batches } = drawnEpoch(k, data);
  const work = (more = '') => `${size} triples in batches of ${batchSize},${more} dim ${dim}, ${rowsIn(data)}`;
  return { work, inputs, batches: () => batches(batchSize) };
}

const ADAM_FORMS = [
  { name: 'torch', about: 'torch.optim.Adam as it comes' },
  { name: 'torch-fused', about: 'torch.optim.Adam(fused=True)' },
];

export const bprEpoch = epochRow({
  title: 'one epoch of BPR matrix factorisation with Adam on every row',
  goal: '>= 3x',
  cases: { 'dim64-batch1024': { dim: 64, batchSize: 1024 }, 'dim50-batch128': { dim: 50, batchSize: 128 } },
  model: 'bpr-mf',
  options: (shape) => ({ ...shape, initScale: 0.1 }),
  adam: { learningRate: 0.001, l2: 1e-5 },
  draw(context) {
    const drawn = triples(context, context.shape);
    return { ...drawn, work: drawn.work() };
  },
  script: 'bpr-epoch.py',
  peers: ADAM_FORMS,
  compare: parametersAgree({ apart: 1e-5, share: 1e-4, worst: 1e-2 }),
});

const LIGHTGCN_DIM = 64;

export const lightgcnEpoch = epochRow({
  title: 'one epoch of LightGCN with Adam on every row, propagation forward and backward in each step',
  goal: 'at least on par',
  cases: {
    'layers3-batch8192': { layers: 3, batchSize: 8192 },
    'layers3-batch2048': { layers: 3, batchSize: 2048 },
  },
  model: 'lightgcn',
  options: (shape) => ({ ...shape, dim: LIGHTGCN_DIM }),
  adam: { learningRate: 0.001, l2: 1e-5 },
  draw(context) {
    const { layers, batchSize } = context.shape;
    const drawn = triples(context, { batchSize, dim: LIGHTGCN_DIM });
    const inputs = { ...drawn.inputs, ...adjacency(context.data.train) };
    return { ...drawn, inputs, work: drawn.work(` ${layers} layers,`) };
  },
  script: 'lightgcn-epoch.py',
  peers: [
    { name: 'torch', about: 'torch.sparse.mm with a COO matrix, torch.optim.Adam as it comes', form: 'coo' },
    {
      name: 'torch-csr',
      about: 'a CSR matrix, used for the backward pass too as it is symmetric; Adam(fused=True)',
      form: 'csr',
    },
  ],
  compare: parametersAgree({ apart: 1e-5, share: 1e-3, worst: 2e-2 }),
});

const CML = { dim: 64, batchSize: 1024, margin: 1.2, clip: 1 };

export const cmlEpoch = epochRow({
  title:
    'one epoch of collaborative metric learning with Adam on every row, all rows put back into the ball after each step',
  goal: '>= 3x',
  cases: {
    'hardest-of-20': { lossNegatives: 'hardest', negatives: 20 },
    'all-of-1': { lossNegatives: 'all', negatives: 1 },
  },
  model: 'cml',
  options: (shape) => ({ ...CML, ...shape, initScale: 0.1 }),
  adam: { learningRate: 0.001, l2: 0 },
  draw({ k, data, shape: { lossNegatives, negatives } }) {
    const { size, inputs, batches } = drawnEpoch(k, data, negatives);
    return {
      work: `${size} interactions with ${negatives} items each, ${lossNegatives} of them counting, in batches of ${CML.batchSize}, dim ${CML.dim}, ${rowsIn(data)}`,
      ...{ inputs, batches: (most) => batches(CML.batchSize, most), compared: comparedOf(size, CML.batchSize) },
    };
  },
  script: 'cml-epoch.py',
  peers: ADAM_FORMS,
  // A hinge that is open on one side and closed on the other by rounding, or another item as the nearest, moves a few rows by a
  // learning rate in a step.
  compare: parametersAgree({ apart: 1e-5, share: 1e-3, worst: 2e-2 }),
});

const NEUMF = { batchSize: 1024, negatives: 4 };

export const neumfEpoch = epochRow({
  title: 'one epoch of NeuMF with Adam on every parameter',
  goal: '>= 3x',
  cases: { 'dim32-layers3': { dim: 32, layers: 3 }, 'dim16-layers2': { dim: 16, layers: 2 } },
  model: 'neumf',
  options: (shape) => ({ ...shape, ...NEUMF, initScale: 0.1, layerL2: 0 }),
  adam: { learningRate: 0.001, l2: 1e-5 },
  draw({ k, data, shape: { dim, layers } }) {
    const { batchSize, negatives } = NEUMF;
    const { size, inputs, batches } = drawnEpoch(k, data, negatives);
    return {
      work: `${size} interactions in batches of ${batchSize}, ${negatives} negatives each, dim ${dim}, ${layers} hidden layers, ${rowsIn(data)}`,
      ...{ inputs, batches: (most) => batches(batchSize, most), compared: comparedOf(size, batchSize) },
    };
  },
  script: 'neumf-epoch.py',
  peers: [
    { name: 'torch', about: 'torch.nn and torch.optim.Adam as they come' },
    { name: 'torch-fused', about: 'the same with Adam(fused=True)' },
  ],
  // A unit of relu that is 0 up to rounding may be on for one side only: that is another gradient, and so a step of Adam or several, for all
  // numbers of some rows. A wrong gradient would move most numbers by tens of steps, 0.001 each.
  compare: parametersAgree({ apart: 1e-4, share: 5e-3, tables: ['users', 'items'], worst: 3e-2 }),
});
