import { createKernels } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel, parametersOf } from './_model.js';
import { comparedOf, drawnEpoch } from './_pairs.js';

const CASES = {
  'dim32-layers3': { dim: 32, layers: 3 },
  'dim16-layers2': { dim: 16, layers: 2 },
} as const;
const BATCH = 1024;
const NEGATIVES = 4;
const ADAM = { learningRate: 0.001, l2: 1e-5 };

/** All train interactions once, each with four negatives; drawn beforehand and given to both sides. */
export const neumfEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of NeuMF with Adam on every parameter',
  goal: '>= 3x',
  cases: ['dim32-layers3', 'dim16-layers2'],
  prepare: (name, options) => prepare(CASES[name], options),
};

type Shape = (typeof CASES)[keyof typeof CASES];

function prepare({ dim, layers }: Shape, { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'neumf', {
    dim,
    layers,
    batchSize: BATCH,
    negatives: NEGATIVES,
    initScale: 0.1,
    layerL2: 0,
  });
  const optimizer = adamOf(k, model, ADAM);
  const drawn = drawnEpoch(k, data, NEGATIVES);
  const names = model.parameters.map((p) => p.name);
  let loss = 0;

  const train = (most?: number) => {
    loss = 0;
    for (const batch of drawn.batches(BATCH, most)) {
      loss += model.accumulate(batch);
      optimizer.step();
    }
  };
  const compared = comparedOf(drawn.size, BATCH);
  const script = 'neumf-epoch.py';
  const params = { ...ADAM, compared, batchSize: BATCH, negatives: NEGATIVES, dim, layers };
  return {
    work: `${data.train.indices.length} interactions in batches of ${BATCH}, ${NEGATIVES} negatives each, dim ${dim}, ${layers} hidden layers, ${data.nUsers} + ${data.nItems} rows`,
    inputs: { ...drawn.inputs, ...parametersOf(model) },
    ours: {
      run: () => train(),
      first: () => train(compared),
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...parametersOf(model) }),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script,
        about: 'torch.nn and torch.optim.Adam as they come',
        params: { ...params, fused: false },
      },
      { name: 'torch-fused', script, about: 'the same with Adam(fused=True)', params: { ...params, fused: true } },
    ],
    // As in bpr-epoch, where a gradient cancels to rounding Adam may step either way. A unit of relu that is 0 up to rounding may be on for one
    // side only: that is another gradient, and so a step of Adam or several, for all numbers of some rows. A wrong gradient would move
    // most numbers by tens of steps, 0.001 each.
    compare: (ours, peer) => [
      near('loss', ours.loss!, peer.loss!, 1e-5),
      mostlyNear('users', ours.users!, peer.users!, 1e-4, 5e-3),
      mostlyNear('items', ours.items!, peer.items!, 1e-4, 5e-3),
      ...names.map((name) => near(`worst of ${name}`, ours[name]!, peer[name]!, 3e-2)),
    ],
  };
}
