/**
 * EASE in shards, in its primal form: X'X is the sum of the products of shards of users. The sum and its inverse, of n^2 / 2 numbers for n items, are
 * one part, so one process must have room for them.
 */
import { placeOf, symmetricLength, takeSymmetric } from '../../kernels/index.js';
import { runInParts } from '../../progress.js';
import type { ShardedModel } from '../_model.js';
import { addProducts, modelOfScores, primalScores } from '../ease-primal.js';
import { rangesOf, type ShardContext } from './_shards.js';

const [PRODUCTS, INVERSE] = ['products', 'inverse'] as const;

export const easeShards: ShardedModel<{ readonly l2: number }> = {
  stages: () => [
    { name: PRODUCTS, needs: [] },
    { name: INVERSE, needs: [PRODUCTS], whole: true },
  ],
  made: () => [INVERSE],
  // The matrix, another one while it is read, and two copies of the columns of a sweep.
  memory: ({ nUsers, nItems, interactions, weighted, shards }) =>
    symmetricLength(nItems) * 8 + nItems * 2048 + nUsers * 4 + (interactions / shards) * (weighted ? 8 : 4),
  opened: ({ nItems, interactions, weighted, shards }) =>
    symmetricLength(nItems) * 8 + (interactions / shards) * (weighted ? 16 : 8),
  async compute({ name }, shard, context, { l2 }, write) {
    const { kernels: k, train, step } = context;
    const { nItems } = train;
    if (name === PRODUCTS) {
      const values = new Float32Array(symmetricLength(nItems));
      const ends = rangesOf(train.starts('users'), context.shards);
      const own = train.users(ends[shard]!, ends[shard + 1]!);
      await addProducts({ values }, own, (done) => step(done, Math.max(1, pairsOf(own.indptr))));
      return write({ values: { shape: [values.length], data: values } });
    }
    const sum = takeSymmetric(k, nItems);
    try {
      addParts(sum.values, context);
      for (let d = 0; d < nItems; d++) sum.values[placeOf(d, d)]! += l2;
      await runInParts(k.invertInParts(sum), step);
      write({ values: { shape: [sum.values.length], data: sum.values } });
    } finally {
      k.free(sum.values);
    }
  },
  open(_sweep, _users, own, { kernels: k, train: { nItems }, part }) {
    const inverse = takeSymmetric(k, nItems);
    inverse.values.set(part(INVERSE, 0).values!.data);
    const diagonal = Float64Array.from({ length: nItems }, (_, j) => inverse.values[placeOf(j, j)]!);
    const score = primalScores(k, inverse, own);
    const size = (nItems * (nItems + 1)) / 2;
    return Promise.resolve(modelOfScores(k, { train: own, inverse, diagonal, score, size }));
  },
};

/** Adds the products of all shards, in their order. */
function addParts(sum: Float32Array | Float64Array, { shards, part }: ShardContext): void {
  for (let shard = 0; shard < shards; shard++) {
    const { data } = part(PRODUCTS, shard).values!;
    for (let at = 0; at < sum.length; at++) sum[at]! += data[at]!;
  }
}

/** Additions of a product: pairs of items in the same row. */
const pairsOf = (indptr: Int32Array): number =>
  indptr.reduce(
    (sum, end, row) => sum + (row === 0 ? 0 : ((end - indptr[row - 1]!) * (end - indptr[row - 1]! + 1)) / 2),
    0,
  );
