import { createKernels } from 'recdistill';
import { packLists } from 'recdistill/data';
import { takeRows } from 'recdistill/kernels';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { near } from '../compare.js';
import { tensor } from '../tensors.js';
import { madeUpList, usersOfBatch } from './_lists.js';
import { adamOf, firstMoments, freshModel, parametersOf } from './_model.js';

const USERS = 760;
const TOP_K = 50;
const OWN_WEIGHT = 0.5;
const SCALE = 0.01;
const ADAM = { learningRate: 0.001, l2: 1e-5 };
const CASES = { dim6: 6, dim16: 16, dim64: 64 } as const;

/** One training step of a student by the method softmax on the users of one batch, with made-up lists. */
export const softmaxStep: BenchRow<keyof typeof CASES> = {
  title: 'Student step of softmax distillation: loss over all items, backward, Adam',
  goal: '>= 5x the fastest form at dim 6',
  cases: ['dim6', 'dim16', 'dim64'],
  prepare,
};

function prepare(name: keyof typeof CASES, { data, threads }: PrepareOptions): PreparedCase {
  const dim = CASES[name];
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim, initScale: 0.5 });
  const inputs = parametersOf(model);
  const optimizer = adamOf(k, model, ADAM);
  const own = takeRows(k, { columns: data.nItems, indptr: data.train.indptr, indices: data.train.indices });
  const users = k.ints(USERS);
  users.set(usersOfBatch(data.train, USERS));
  const lists = Array.from(users, (u) => madeUpList(data.train, u, TOP_K));
  const ofAll: Int32Array[] = Array.from({ length: data.nUsers }, () => new Int32Array(0));
  const weightOf = new Map<number, number>();
  lists.forEach((list, row) => {
    for (const [rank, item] of list.entries()) weightOf.set(row * data.nItems + item, 1 / Math.log2(rank + 2));
    ofAll[users[row]!] = list.slice().sort();
  });
  const weights = lists.flatMap((list, row) =>
    Array.from(list.slice().sort(), (item) => weightOf.get(row * data.nItems + item)!),
  );
  const taken = takeRows(k, { columns: data.nItems, ...packLists(ofAll) }, weights);
  const listed = { ...taken, weights: taken.weights! };
  const losses = k.floats(USERS);
  let loss = 0;

  const script = 'softmax-step.py';
  const params = { ...ADAM, scale: SCALE, ownWeight: OWN_WEIGHT };
  return {
    work: `${users.length} users x ${data.nItems} items, dim ${dim}, ${TOP_K} listed items a user`,
    inputs: {
      ...inputs,
      userIds: tensor(users.slice()),
      ranked: tensor(Int32Array.from(lists.flatMap((list) => [...list])), USERS, TOP_K),
      trainIndptr: tensor(data.train.indptr),
      trainIndices: tensor(data.train.indices),
    },
    ours: {
      run() {
        const { userFactors: userVectors, itemFactors: itemVectors, userGradient, itemGradient } = model.factors!();
        k.softmax({
          ...{ users, userVectors, itemVectors, userGradient, itemGradient, dim, nItems: data.nItems },
          ...{ own, listed, temperature: 1, ownWeight: OWN_WEIGHT, scale: SCALE, losses },
        });
        optimizer.step();
        loss = 0;
        for (const l of losses) loss += SCALE * l;
      },
      result: () => ({
        loss: tensor(Float32Array.of(loss)),
        ...parametersOf(model),
        ...firstMoments(optimizer),
      }),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script,
        about: 'log-sum-exp over all and over masked scores, torch.optim.Adam as it comes',
        params: { ...params, form: 'masked', fused: false },
      },
      {
        name: 'torch-sums',
        script,
        about: 'exponentials once, their sum minus those of train items, Adam(fused=True)',
        params: { ...params, form: 'sums', fused: true },
      },
      {
        name: 'torch-by-hand',
        script,
        about: 'the same with the gradient written by hand, in place, without autograd, Adam(fused=True)',
        params: { ...params, form: 'by-hand', fused: true },
      },
    ],
    // Adam's first moment after one step is the gradient, up to a factor.
    compare: (ours, peer) => [
      near('loss', ours.loss!, peer.loss!, 1e-5),
      near('gradient of users', ours['users.first']!, peer['users.first']!, 1e-4),
      near('gradient of items', ours['items.first']!, peer['items.first']!, 1e-4),
      near('user embeddings', ours.users!, peer.users!, 1e-4),
      near('item embeddings', ours.items!, peer.items!, 1e-4),
    ],
  };
}
