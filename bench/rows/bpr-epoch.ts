import { createKernels } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel, parametersOf } from './_model.js';
import { drawnEpoch } from './_pairs.js';

const CASES = {
  'dim64-batch1024': { dim: 64, batchSize: 1024 },
  'dim50-batch128': { dim: 50, batchSize: 128 },
} as const;
const ADAM = { learningRate: 0.001, l2: 1e-5 };

/** All train interactions once, with one negative each; the triples are drawn beforehand and given to both sides. */
export const bprEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of BPR matrix factorisation with Adam on every row',
  goal: '>= 3x',
  cases: ['dim64-batch1024', 'dim50-batch128'],
  prepare: (name, options) => prepare(CASES[name], options),
};

type Shape = (typeof CASES)[keyof typeof CASES];

function prepare({ dim, batchSize }: Shape, { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim, batchSize, initScale: 0.1 });
  const optimizer = adamOf(k, model, ADAM);
  const drawn = drawnEpoch(k, data);
  let loss = 0;

  const script = 'bpr-epoch.py';
  const params = { ...ADAM, batchSize };
  return {
    work: `${drawn.size} triples in batches of ${batchSize}, dim ${dim}, ${data.nUsers} + ${data.nItems} rows`,
    inputs: { ...drawn.inputs, ...parametersOf(model) },
    ours: {
      run() {
        loss = 0;
        for (const batch of drawn.batches(batchSize)) {
          loss += model.accumulate(batch);
          optimizer.step();
        }
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...parametersOf(model) }),
      close: () => k.close(),
    },
    peers: [
      { name: 'torch', script, about: 'torch.optim.Adam as it comes', params: { ...params, fused: false } },
      { name: 'torch-fused', script, about: 'torch.optim.Adam(fused=True)', params: { ...params, fused: true } },
    ],
    // Adam divides a gradient by its own size, so where one cancels to nothing but rounding, a step may go either way: a few
    // numbers in a million may end up to one learningRate apart, all others agree to float32.
    compare: (ours, peer) => [
      near('loss of the epoch', ours.loss!, peer.loss!, 1e-5),
      mostlyNear('user embeddings', ours.users!, peer.users!, 1e-5, 1e-4),
      mostlyNear('item embeddings', ours.items!, peer.items!, 1e-5, 1e-4),
      near('worst user embedding', ours.users!, peer.users!, 1e-2),
      near('worst item embedding', ours.items!, peer.items!, 1e-2),
    ],
  };
}
