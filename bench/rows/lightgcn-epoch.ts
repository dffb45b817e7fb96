import { createKernels } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adjacency } from './_graph.js';
import { adamOf, freshModel, parametersOf } from './_model.js';
import { drawnEpoch } from './_pairs.js';

const CASES = {
  'layers3-batch8192': { layers: 3, batchSize: 8192 },
  'layers3-batch2048': { layers: 3, batchSize: 2048 },
} as const;
const DIM = 64;
const ADAM = { learningRate: 0.001, l2: 1e-5 };

/** All train interactions once, with one negative each; the triples are drawn beforehand and given to both sides. */
export const lightgcnEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of LightGCN with Adam on every row, propagation forward and backward in each step',
  goal: 'at least on par',
  cases: ['layers3-batch8192', 'layers3-batch2048'],
  prepare: (name, options) => prepare(CASES[name], options),
};

function prepare(
  { layers, batchSize }: (typeof CASES)[keyof typeof CASES],
  { data, threads }: PrepareOptions,
): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'lightgcn', { dim: DIM, layers, batchSize });
  const optimizer = adamOf(k, model, ADAM);
  const drawn = drawnEpoch(k, data);
  let loss = 0;

  const script = 'lightgcn-epoch.py';
  const params = { ...ADAM, layers, batchSize };
  return {
    work: `${drawn.size} triples in batches of ${batchSize}, ${layers} layers, dim ${DIM}, ${data.nUsers} + ${data.nItems} rows`,
    inputs: { ...drawn.inputs, ...adjacency(data.train), ...parametersOf(model) },
    ours: {
      run() {
        loss = 0;
        for (const batch of drawn.batches(batchSize)) {
          model.forward!(batch);
          loss += model.accumulate(batch);
          model.backward!();
          optimizer.step();
        }
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...parametersOf(model) }),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script,
        about: 'torch.sparse.mm with a COO matrix, torch.optim.Adam as it comes',
        params: { ...params, form: 'coo', fused: false },
      },
      {
        name: 'torch-csr',
        script,
        about: 'a CSR matrix, used for the backward pass too as it is symmetric; Adam(fused=True)',
        params: { ...params, form: 'csr', fused: true },
      },
    ],
    // As in bpr-epoch: where a gradient cancels to nothing but rounding, a step of Adam may go either way.
    compare: (ours, peer) => [
      near('loss of the epoch', ours.loss!, peer.loss!, 1e-5),
      mostlyNear('user embeddings', ours.users!, peer.users!, 1e-5, 1e-3),
      mostlyNear('item embeddings', ours.items!, peer.items!, 1e-5, 1e-3),
      near('worst user embedding', ours.users!, peer.users!, 2e-2),
      near('worst item embedding', ours.items!, peer.items!, 2e-2),
    ],
  };
}
