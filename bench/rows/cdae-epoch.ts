import { createKernels, type Kernels } from 'recdistill';
import { itemsOf } from 'recdistill/data';
import { shuffle, stream } from 'recdistill/math';
import { createMask } from 'recdistill/models';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import type { BenchData } from '../data.js';
import { type Tensor, tensor } from '../tensors.js';
import { adamOf, copied, freshModel } from './_model.js';

const CASES = {
  'dim64-batch128': { dim: 64, batchSize: 128 },
  'dim50-batch512': { dim: 50, batchSize: 512 },
} as const;
const ADAM = { learningRate: 0.001, l2: 1e-5 };
const NEGATIVES = 5;
const NAMES = ['encoder', 'encoderBias', 'users', 'decoder', 'decoderBias'] as const;

/** All users with items once, five items drawn for each of theirs; ours pays for the draw, peers are given what it draws. */
export const cdaeEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of the collaborative denoising autoencoder with Adam on every parameter',
  goal: 'at least on par',
  cases: ['dim64-batch128', 'dim50-batch512'],
  prepare: (name, options) => prepare(CASES[name], options),
};

function prepare(shape: (typeof CASES)[keyof typeof CASES], { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const { dim, batchSize } = shape;
  const model = freshModel(k, data, 'cdae', { ...shape, dropout: 0, negatives: NEGATIVES });
  const optimizer = adamOf(k, model, ADAM);
  const active = Int32Array.from({ length: data.nUsers }, (_, u) => u).filter((u) => itemsOf(data.train, u).length > 0);
  shuffle(active, stream(1, 'benchmark order'), 0);
  const users = k.ints(active.length);
  users.set(active);
  let loss = 0;

  const script = 'cdae-epoch.py';
  const params = { ...ADAM, batchSize };
  /** Our decoder keeps its biases behind its weights. */
  const parameters = (): Record<string, Tensor> => {
    const tensors = Object.fromEntries(model.parameters.map((p) => [p.name, copied(p.values, ...p.shape)]));
    const rows = tensors.decoder!.data;
    const weights = Float32Array.from({ length: data.nItems * dim }, (_, at) => rows[at + Math.floor(at / dim)]!);
    const biases = Float32Array.from({ length: data.nItems }, (_, i) => rows[i * (dim + 1) + dim]!);
    return { ...tensors, decoder: tensor(weights, data.nItems, dim), decoderBias: tensor(biases) };
  };
  return {
    work: `${users.length} users in batches of ${batchSize}, ${data.nItems} items, ${dim} hidden units, ${NEGATIVES} negatives`,
    inputs: { ...parameters(), ...rowsOf(data, users), ...masksOf(k, data, users, batchSize) },
    ours: {
      run() {
        loss = 0;
        for (let begin = 0, index = 0; begin < users.length; begin += batchSize, index++) {
          const part = users.subarray(begin, begin + batchSize);
          // The same counters in every run, so that the masks are those that the peer was given.
          const batch = { kind: 'rows', size: part.length, users: part, epoch: 1, index } as const;
          model.forward!(batch);
          loss += model.accumulate(batch);
          model.backward!();
          optimizer.step();
        }
      },
      result: () => ({ loss: tensor(Float32Array.of(loss)), ...parameters() }),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script,
        about: 'dense rows, logits and mask, torch.optim.Adam as it comes',
        params: { ...params, form: 'dense', fused: false },
      },
      {
        name: 'torch-sparse',
        script,
        about: 'embedding_bag, and the logits of the masked pairs alone; Adam(fused=True)',
        params: { ...params, form: 'sparse', fused: true },
      },
    ],
    // As in bpr-epoch: where a gradient cancels to nothing but rounding, a step of Adam may go either way.
    compare: (ours, peer) => [
      near('loss of the epoch', ours.loss!, peer.loss!, 1e-5),
      ...NAMES.map((name) => mostlyNear(name, ours[name]!, peer[name]!, 1e-4, 1e-3)),
    ],
  };
}

function rowsOf(data: BenchData, users: Int32Array) {
  const lists = Array.from(users, (u) => [...itemsOf(data.train, u)]);
  const indptr = new Int32Array(users.length + 1);
  lists.forEach((list, row) => {
    indptr[row + 1] = indptr[row]! + list.length;
  });
  return {
    userIds: tensor(Int32Array.from(users)),
    indptr: tensor(indptr),
    indices: tensor(Int32Array.from(lists.flat())),
  };
}

/** What the model draws in epoch 1 under seed 1, batch by batch; users as rows of their batch. */
function masksOf(k: Kernels, data: BenchData, users: Int32Array, batchSize: number) {
  const mask = createMask(k, data.train, NEGATIVES, batchSize, 1, 'cdae negatives');
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
