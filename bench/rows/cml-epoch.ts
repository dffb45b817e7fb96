import { createKernels } from 'recdistill';
import type { PairBatch } from 'recdistill/models';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel, parametersOf } from './_model.js';
import { comparedOf, drawnEpoch } from './_pairs.js';

const CASES = {
  'hardest-of-20': { lossNegatives: 'hardest', negatives: 20 },
  'all-of-1': { lossNegatives: 'all', negatives: 1 },
} as const;
const SHAPE = { dim: 64, batchSize: 1024, margin: 1.2, clip: 1 } as const;
const ADAM = { learningRate: 0.001, l2: 0 };

/** All train interactions once, with sampled negatives. These are sampled in advance and passed to both sides. */
export const cmlEpoch: BenchRow<keyof typeof CASES> = {
  title:
    'one epoch of collaborative metric learning with Adam on every row, all rows put back into the ball after each step',
  goal: '>= 3x',
  cases: ['hardest-of-20', 'all-of-1'],
  prepare: (name, options) => prepare(CASES[name], options),
};

function prepare(
  { lossNegatives, negatives }: (typeof CASES)[keyof typeof CASES],
  options: PrepareOptions,
): PreparedCase {
  const { data, threads } = options;
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'cml', { ...SHAPE, lossNegatives, negatives, initScale: 0.1 });
  const optimizer = adamOf(k, model, ADAM);
  const drawn = drawnEpoch(k, data, negatives);
  let loss = 0;
  const step = (batch: PairBatch) => {
    model.forward?.(batch);
    loss += model.accumulate(batch);
    optimizer.step();
    model.afterStep?.();
  };
  const train = (most?: number) => {
    loss = 0;
    for (const batch of drawn.batches(SHAPE.batchSize, most)) step(batch);
  };
  const compared = comparedOf(drawn.size, SHAPE.batchSize);
  const script = 'cml-epoch.py';
  const params = { ...ADAM, ...SHAPE, against: lossNegatives, compared };
  return {
    work: `${drawn.size} interactions with ${negatives} items each, ${lossNegatives} of them counting, in batches of ${SHAPE.batchSize}, dim ${SHAPE.dim}, ${data.nUsers} + ${data.nItems} rows`,
    inputs: { ...drawn.inputs, ...parametersOf(model) },
    ours: {
      run: () => train(),
      first: () => train(compared),
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...parametersOf(model) }),
      close: () => k.close(),
    },
    peers: [
      { name: 'torch', script, about: 'torch.optim.Adam as it comes', params: { ...params, fused: false } },
      { name: 'torch-fused', script, about: 'torch.optim.Adam(fused=True)', params: { ...params, fused: true } },
    ],
    // A hinge that is open on one side and closed on the other by rounding, or another item as the nearest, moves a few rows by a
    // learningRate in a step; all others agree to float32.
    compare: (ours, peer) => [
      near('loss', ours.loss!, peer.loss!, 1e-5),
      mostlyNear('user points', ours.users!, peer.users!, 1e-5, 1e-3),
      mostlyNear('item points', ours.items!, peer.items!, 1e-5, 1e-3),
      near('worst user point', ours.users!, peer.users!, 2e-2),
      near('worst item point', ours.items!, peer.items!, 2e-2),
    ],
  };
}
