import { createKernels, shuffle, stream, takeRows } from 'recdistill';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { mostlyNear, near } from '../compare.js';
import { tensor } from '../tensors.js';
import { adamOf, freshModel, parametersOf } from './_model.js';

const CASES = {
  'dim64-batch1024': { dim: 64, batchSize: 1024 },
  'dim50-batch128': { dim: 50, batchSize: 128 },
} as const;
const ADAM = { learningRate: 0.001, l2: 1e-5 };

/** All train interactions once, with one negative each; the triples are drawn beforehand and given to both sides. */
export const bprEpoch: BenchRow<keyof typeof CASES> = {
  title: 'one epoch of BPR matrix factorisation with Adam on every row',
  cases: ['dim64-batch1024', 'dim50-batch128'],
  prepare: (name, options) => prepare(CASES[name], options),
};

type Shape = (typeof CASES)[keyof typeof CASES];

function prepare({ dim, batchSize }: Shape, { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const { train } = data;
  const model = freshModel(k, data, 'bpr-mf', { dim, batchSize, initScale: 0.1 });
  const optimizer = adamOf(k, model, ADAM);
  const n = train.indices.length;
  const owner = new Int32Array(n);
  for (let u = 0; u < data.users; u++) owner.fill(u, train.indptr[u], train.indptr[u + 1]);
  const order = Int32Array.from({ length: n }, (_, e) => e);
  shuffle(order, stream(1, 'benchmark order'), 0);
  const [users, positives, negatives] = [k.ints(n), k.ints(n), k.ints(n)];
  users.set(order.map((e) => owner[e]!));
  positives.set(order.map((e) => train.indices[e]!));
  const rows = takeRows(k, { columns: data.items, indptr: train.indptr, indices: train.indices });
  k.negatives(negatives, users, rows, data.items, stream(1, 'benchmark negatives'), 0, 0);
  let loss = 0;

  const script = 'bpr-epoch.py';
  const params = { ...ADAM, batchSize };
  return {
    work: `${n} triples in batches of ${batchSize}, dim ${dim}, ${data.users} + ${data.items} rows`,
    inputs: {
      userIds: tensor(users),
      positives: tensor(positives),
      negatives: tensor(negatives),
      ...parametersOf(model),
    },
    ours: {
      run() {
        loss = 0;
        for (let begin = 0, index = 0; begin < n; begin += batchSize, index++) {
          const end = Math.min(begin + batchSize, n);
          loss += model.accumulate({
            kind: 'pairs',
            size: end - begin,
            users: users.subarray(begin, end),
            positives: positives.subarray(begin, end),
            negatives: negatives.subarray(begin, end),
            perPositive: 1,
            epoch: 1,
            index,
          });
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
