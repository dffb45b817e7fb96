import { createKernels } from 'recdistill';
import { type Interactions, itemsOf, packLists } from 'recdistill/data';
import { takeRows } from 'recdistill/kernels';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { near } from '../compare.js';
import { tensor } from '../tensors.js';
import { madeUpList, usersOfBatch } from './_lists.js';
import { adamOf, firstMoments, freshModel, parametersOf } from './_model.js';

const USERS = 760;
const DIM = 6;
const TOP_K = 100;
const OBSERVED_K = 10;
const ADAM = { learningRate: 0.001, l2: 1e-5 };
const CASES = {
  overall: { phase: 'overall', scale: 0.01 },
  rank: { phase: 'fine', scale: 0.005 },
} as const;

/** One training step of HetComp's student on the users of one batch, with made-up teacher lists. */
export const hetcompStep: BenchRow<keyof typeof CASES> = {
  title: "HetComp's student step: distillation loss over all items, backward, Adam",
  goal: '>= 20x, and >= 10x with malloc tuned',
  cases: ['overall', 'rank'],
  prepare,
};

function prepare(name: keyof typeof CASES, { data, threads }: PrepareOptions): PreparedCase {
  const { phase, scale } = CASES[name];
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim: DIM, initScale: 0.5 });
  const inputs = parametersOf(model);
  const optimizer = adamOf(k, model, ADAM);
  const allUsers = Array.from({ length: data.nUsers }, (_, u) => u);
  const train = takeRows(k, { columns: data.nItems, indptr: data.train.indptr, indices: data.train.indices });
  const observed = takeRows(k, { columns: data.nItems, ...packLists(allUsers.map((u) => firstItems(data.train, u))) });
  const users = k.ints(USERS);
  users.set(usersOfBatch(data.train, USERS));
  const lists = Array.from(users, (u) => madeUpList(data.train, u, TOP_K));
  const ranked = k.ints(data.nUsers * TOP_K).fill(-1);
  lists.forEach((list, row) => {
    ranked.set(list, users[row]! * TOP_K);
  });
  const losses = k.floats(USERS);
  let loss = 0;

  const script = 'hetcomp-step.py';
  const params = { ...ADAM, loss: name };
  return {
    work: `${users.length} users x ${data.nItems} items, dim ${DIM}, ${TOP_K} ranked and up to ${OBSERVED_K} observed items a user`,
    inputs: {
      ...inputs,
      userIds: tensor(users.slice()),
      ranked: tensor(Int32Array.from(lists.flatMap((list) => [...list])), USERS, TOP_K),
      observed: tensor(filled(data.train, users), USERS, OBSERVED_K),
      trainIndptr: tensor(data.train.indptr),
      trainIndices: tensor(data.train.indices),
    },
    ours: {
      run() {
        const f = model.factors!();
        k.hetcomp({
          users,
          userVectors: f.userFactors,
          itemVectors: f.itemFactors,
          dim: DIM,
          nItems: data.nItems,
          train,
          observed,
          ranked,
          topK: TOP_K,
          phase,
          formulas: 'exact',
          scale,
          userGradient: f.userGradient,
          itemGradient: f.itemGradient,
          losses,
        });
        optimizer.step();
        loss = 0;
        for (const l of losses) loss += scale * l;
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
        about: 'log-sum-exp over masked scores, torch.optim.Adam as it comes',
        params: { ...params, form: 'masked', fused: false },
      },
      {
        name: 'torch-sums',
        script,
        about: 'sum of all exponentials minus those of listed and train items, Adam(fused=True)',
        params: { ...params, form: 'sums', fused: true },
      },
    ],
    // Adam's first moment after one step is the gradient, up to a factor; the parameters alone would show little but its sign.
    compare: (ours, peer) => [
      near('loss', ours.loss!, peer.loss!, 1e-5),
      near('gradient of users', ours['users.first']!, peer['users.first']!, 1e-4),
      near('gradient of items', ours['items.first']!, peer['items.first']!, 1e-4),
      near('user embeddings', ours.users!, peer.users!, 1e-4),
      near('item embeddings', ours.items!, peer.items!, 1e-4),
    ],
  };
}

/** A user's first observed items, fewer for a user who has fewer. */
const firstItems = (train: Interactions, user: number): Int32Array => itemsOf(train, user).subarray(0, OBSERVED_K);

/** Those of some users, filled with -1 to equal length. */
function filled(train: Interactions, users: Int32Array): Int32Array {
  const out = new Int32Array(users.length * OBSERVED_K).fill(-1);
  users.forEach((u, row) => {
    out.set(firstItems(train, u), row * OBSERVED_K);
  });
  return out;
}
