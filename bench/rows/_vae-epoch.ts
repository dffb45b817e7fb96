/** One epoch of either variational autoencoder: without dropout, and with the same noise on both sides. */
import { createKernels } from 'recdistill';
import { type Interactions, itemsOf } from 'recdistill/data';
import { shuffle, stream } from 'recdistill/math';
import type { PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel } from './_model.js';
import { type VaeShape, vaeNames, vaeParameters, vaePeers, vaeRows } from './_vae.js';

const BETA = 0.2;
const ADAM = { learningRate: 0.001, l2: 0 };

export interface VaeEpoch extends VaeShape {
  readonly batchSize: number;
}

/** @param matrix its rows are what the model is trained on; each that is not empty is taken once */
export function vaeEpoch(
  name: 'mult-vae' | 'item-autoencoder',
  matrix: Interactions,
  { batchSize, ...shape }: VaeEpoch,
  { data, threads }: PrepareOptions,
): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, name, { ...shape, batchSize, dropout: 0, beta: BETA, annealEpochs: 0 });
  const optimizer = adamOf(k, model, ADAM);
  const active = Int32Array.from({ length: matrix.nUsers }, (_, r) => r).filter((r) => itemsOf(matrix, r).length > 0);
  shuffle(active, stream(1, 'benchmark order'), 0);
  const ids = k.ints(active.length);
  ids.set(active);
  const [rows, columns] = name === 'mult-vae' ? ['users', 'items'] : ['items', 'users'];
  const batchOf = (part: Int32Array, index: number) => {
    const rest = { size: part.length, epoch: 1, index };
    return name === 'mult-vae'
      ? ({ kind: 'rows', users: part, ...rest } as const)
      : ({ kind: 'items', items: part, ...rest } as const);
  };
  let loss = 0;
  return {
    work: `${ids.length} ${rows} in batches of ${batchSize}, ${matrix.nItems} ${columns}, ${shape.hidden} hidden units, latent code of ${shape.dim}`,
    inputs: { ...vaeParameters(model, shape), ...vaeRows(k, name, matrix, ids, batchSize, shape.dim) },
    ours: {
      run() {
        loss = 0;
        for (let begin = 0, index = 0; begin < ids.length; begin += batchSize, index++) {
          const part = ids.subarray(begin, begin + batchSize);
          loss += model.accumulate(batchOf(part, index)) / part.length;
          optimizer.step();
        }
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...vaeParameters(model, shape) }),
      close: () => k.close(),
    },
    peers: vaePeers(`${name}-epoch.py`, { ...ADAM, beta: BETA, batchSize }),
    // As in bpr-epoch: where a gradient cancels to nothing but rounding, a step of Adam may go either way.
    compare: (ours, peer) => [
      near('loss of the epoch', ours.loss!, peer.loss!, 1e-5),
      ...vaeNames.map((parameter) => mostlyNear(parameter, ours[parameter]!, peer[parameter]!, 1e-4, 1e-3)),
    ],
  };
}
