import { createKernels } from 'recdistill';
import { itemsOf } from 'recdistill/data';
import { rankAll } from 'recdistill/models';
import type { BenchRow, PreparedCase, PrepareOptions } from '../_row.js';
import { sameRankings } from '../compare.js';
import { tensor } from '../tensors.js';
import { freshModel, parametersOf } from './_model.js';

const DIMS = { dim6: 6, dim64: 64 } as const;
const TOP_K = 100;

/** The rankings that teachers hand over: the best items of every user, train items left out. */
export const topK: BenchRow<keyof typeof DIMS> = {
  title: `the exact top ${TOP_K} of all items for every user by inner product`,
  cases: ['dim6', 'dim64'],
  prepare: (name, options) => prepare(DIMS[name], options),
};

function prepare(dim: number, { data, threads }: PrepareOptions): PreparedCase {
  const k = createKernels({ threads });
  const model = freshModel(k, data, 'bpr-mf', { dim, initScale: 1 });
  const inputs = parametersOf(model);
  const [users, items] = [inputs.users!.data, inputs.items!.data];
  let lists: Int32Array = new Int32Array();
  return {
    work: `${data.nUsers} users x ${data.nItems} items, dim ${dim}, train items left out`,
    inputs: { ...inputs, maskIndptr: tensor(data.train.indptr), maskIndices: tensor(data.train.indices) },
    ours: {
      async run() {
        lists = (await rankAll(k, model, data.train, TOP_K)).items;
      },
      result: () => ({ lists: tensor(lists) }),
      close: () => k.close(),
    },
    peers: [
      {
        name: 'torch',
        script: 'top-k.py',
        about: 'per batch of users: matrix product, train items set to -inf, torch.topk',
        params: { topK: TOP_K, batch: 1024 },
      },
    ],
    compare(ours, peer) {
      const score = (row: number, item: number): number => {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += users[row * dim + d]! * items[item * dim + d]!;
        return sum;
      };
      const mine = { lists: ours.lists!, depth: TOP_K, score, masked: (row: number) => itemsOf(data.train, row) };
      return [sameRankings('lists', mine, peer.lists!, data.nItems, 1e-6)];
    },
  };
}
