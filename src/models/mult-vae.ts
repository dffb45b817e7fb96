/** Variational autoencoder with multinomial likelihood on user rows (Liang et al., WWW 2018). */
import { float, int, options } from '../config/options.js';
import { stream, uniform } from '../config/random.js';
import { logRange, oneOf, range, wholeRange } from '../config/search.js';
import { type Interactions, itemsOf } from '../data/interactions.js';
import { trained } from './_model.js';
import { createVae, type SparseBatch, takeBatch } from './mult-vae-network.js';
import { trainShape } from './options.js';

export const multVae = trained({
  name: 'mult-vae',
  summary: 'Variational autoencoder with multinomial likelihood',
  source: 'Liang et al., Variational autoencoders for collaborative filtering, WWW 2018',
  options: options({
    hidden: int({ default: 200, min: 1, max: 4096, help: 'Units of the hidden layer on either side.' }),
    dim: int({ default: 64, min: 1, max: 4096, help: 'Numbers of the latent code.' }),
    dropout: float({
      default: 0.5,
      min: 0,
      max: 0.99,
      help: "Share of a user's items hidden from the encoder in training.",
    }),
    beta: float({ default: 0.5, min: 0, max: 10, help: 'Weight of the KL term after annealing.' }),
    annealEpochs: int({
      default: 5,
      min: 0,
      max: 100_000,
      help: 'Epochs over which the weight of the KL term grows from 0.',
    }),
    ...trainShape({ epochs: 40, batchSize: 128, learningRate: 0.002, l2: 0, evaluateEvery: 5, patience: 5 }),
  }),
  search: {
    hidden: oneOf(100, 200, 400, 600),
    dim: oneOf(32, 64, 128, 200),
    dropout: range(0.2, 0.8),
    beta: range(0.05, 1),
    annealEpochs: wholeRange(0, 40),
    learningRate: logRange(0.0003, 0.01),
    batchSize: oneOf(64, 128, 256, 512),
  },
  capabilities: [],
  memory: ({ items }, o) => items * o.hidden * 2 * 4 * 4 + o.batchSize * items * 4,
  create({ kernels: k, train, seed }, o) {
    const vae = createVae(k, { items: train.items, hidden: o.hidden, latent: o.dim }, seed);
    const dropKey = stream(seed, 'mult-vae dropout');
    const noiseKey = stream(seed, 'mult-vae noise');
    return {
      name: 'mult-vae',
      users: train.users,
      items: train.items,
      parameters: vae.parameters,
      size: vae.parameters.reduce((sum, p) => sum + p.values.length, 0),
      batches: 'rows',
      accumulate(batch) {
        if (batch.kind !== 'rows') throw new TypeError('mult-vae works on batches of users');
        const { epoch, index } = batch;
        const users = batch.users.subarray(0, batch.size);
        // A counter of its own for each user of each epoch: the mask does not depend on how users are batched.
        const keep = (user: number, position: number) => uniform(dropKey, epoch, user * 8192 + position) >= o.dropout;
        const rows = takeBatch(k, inputOf(train, users, o.dropout > 0 ? keep : undefined, 1 - o.dropout), train.items);
        const noise = k.floats(users.length * o.dim);
        k.normal(noise, noiseKey, epoch * 65536 + index, 1);
        const beta = o.annealEpochs === 0 ? o.beta : o.beta * Math.min(1, (epoch - 1) / o.annealEpochs);
        const loss = vae.step(rows, noise, beta);
        k.free(noise);
        rows.close();
        return loss;
      },
      scoreRows(users, out) {
        const rows = takeBatch(k, inputOf(train, users, undefined, 1), train.items);
        vae.score(rows, out);
        rows.close();
      },
      close: vae.close,
    };
  },
});

/** The users' rows, each with unit norm before dropout; what is kept is scaled by 1 / keepRate. */
export function inputOf(
  train: Interactions,
  users: Int32Array,
  keep: ((user: number, position: number) => boolean) | undefined,
  keepRate: number,
): SparseBatch {
  const targetIndptr = new Int32Array(users.length + 1);
  const indptr = new Int32Array(users.length + 1);
  const targets: number[] = [];
  const indices: number[] = [];
  const weights: number[] = [];
  for (let r = 0; r < users.length; r++) {
    const own = itemsOf(train, users[r]!);
    const weight = 1 / (Math.sqrt(own.length) * keepRate);
    for (let position = 0; position < own.length; position++) {
      targets.push(own[position]!);
      if (keep && !keep(users[r]!, position)) continue;
      indices.push(own[position]!);
      weights.push(weight);
    }
    targetIndptr[r + 1] = targets.length;
    indptr[r + 1] = indices.length;
  }
  return { size: users.length, indptr, indices, weights, targetIndptr, targets };
}
