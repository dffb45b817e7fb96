/** Variational autoencoder with multinomial likelihood on user rows (Liang et al., WWW 2018). */
import type { Interactions } from '../data/interactions.js';
import { type Floats, freeRows } from '../kernels/index.js';
import { options } from '../options/options.js';
import { trainedModel } from './_model.js';
import { takeAscending } from './given-histories.js';
import { createRowVae, vaeMemory, vaeSearch, vaeShape } from './row-vae.js';

export const multVae = trainedModel({
  name: 'mult-vae',
  summary: 'Variational autoencoder with multinomial likelihood',
  source: 'Liang et al., Variational autoencoders for collaborative filtering, WWW 2018',
  options: options(
    vaeShape(
      {
        ...{ hidden: 200, dim: 64, dropout: 0.5, beta: 0.5, annealEpochs: 5 },
        ...{ epochs: 40, batchSize: 128, learningRate: 0.002, l2: 0, evaluateEvery: 5, patience: 5 },
      },
      "a user's items",
    ),
  ),
  search: vaeSearch,
  capabilities: ['scores', 'histories'],
  ranksByTables: true,
  memory: ({ nUsers, nItems }, o) => vaeMemory(nUsers, nItems, o),
  create({ kernels: k, train, seed }, o) {
    const vae = createRowVae(k, train, seed, 'mult-vae', o);
    const score = (of: Interactions, users: Int32Array, out: Floats) => {
      const rows = k.floats(users.length * vae.dim);
      vae.outputs(users, rows, of);
      k.gemm(rows, vae.columns, out, users.length, train.nItems, vae.dim, 'nt');
      k.free(rows);
    };
    return {
      name: 'mult-vae',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters: vae.parameters,
      size: vae.size,
      batches: 'rows',
      accumulate(batch) {
        if (batch.kind !== 'rows') throw new TypeError('mult-vae works on batches of users');
        return vae.accumulate(batch.users.subarray(0, batch.size), batch.epoch, batch.index);
      },
      tables: () => ({ userFactors: vae.everyOutput(), itemFactors: vae.columns, dim: vae.dim }),
      factors(users) {
        const { values, gradient } = vae.derived.update(users);
        return {
          ...{ userFactors: values, userGradient: gradient },
          ...{ itemFactors: vae.columns, itemGradient: vae.columnGradient, dim: vae.dim },
        };
      },
      forward: (batch) => vae.derived.begin(batch.epoch),
      backward: vae.derived.end,
      scoreRows: (users, out) => score(train, users, out),
      histories: {
        // The scores of an empty history are those of the zero vector as input.
        score(given, out) {
          const histories = takeAscending(k, given, train.nItems);
          const each = Int32Array.from({ length: given.rows }, (_, r) => r);
          const { indptr, indices } = histories;
          score({ nUsers: given.rows, nItems: train.nItems, indptr, indices }, each, out);
          freeRows(k, histories);
        },
      },
      close: vae.close,
    };
  },
});
