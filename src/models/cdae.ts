/**
 * Collaborative denoising autoencoder (Wu et al., WSDM 2016): h_u = sigmoid(We' x + be + p_u) for the user's items x, with dropout
 * in training; score(u, i) = <h_u, d_i> + b_i. The loss is binary cross-entropy on the user's items and on sampled negatives. Only the
 * scores of these pairs are computed.
 */

import { bce } from '../losses/bce.js';
import { stream } from '../math/random.js';
import { float, int, options } from '../options/options.js';
import { logRange, oneOf, range, wholeRange } from '../options/search.js';
import { type Factors, trainedModel } from './_model.js';
import { createEncoder } from './cdae-encoder.js';
import { createMask } from './cdae-mask.js';
import { freeParameters, marked, normalTable, scoreByFactors } from './factors.js';
import { avoid, trainShape } from './options.js';
import { createScratch } from './scratch.js';

export const cdae = trainedModel({
  name: 'cdae',
  summary: 'Denoising autoencoder with user embeddings',
  source: 'Wu et al., Collaborative denoising auto-encoders for top-N recommender systems, WSDM 2016',
  options: options({
    dim: int({ default: 128, min: 1, max: 4096, help: 'Number of hidden units.' }),
    dropout: float({
      default: 0.5,
      min: 0,
      max: 0.99,
      help: "Dropout rate on a user's items in training.",
    }),
    negatives: int({
      default: 5,
      min: 1,
      max: 1000,
      help: 'Negatives per interaction, sampled again in each epoch.',
    }),
    avoid: avoid(),
    ...trainShape({ epochs: 100, batchSize: 128, learningRate: 0.01, l2: 0.0003, evaluateEvery: 10, patience: 3 }),
  }),
  search: {
    dim: oneOf(32, 64, 128, 256),
    dropout: range(0.2, 0.8),
    negatives: wholeRange(1, 20),
    learningRate: logRange(0.001, 0.03),
    l2: logRange(0.00003, 0.003),
    batchSize: oneOf(64, 128, 256, 512),
  },
  capabilities: ['factors', 'scores'],
  memory: ({ nUsers, nItems, interactions }, o) =>
    ((nUsers * o.dim + nItems * (2 * o.dim + 1)) * 4 +
      nUsers * (o.dim + 1) * 2 +
      // A batch has the most active users: at most about twice their share of the interactions.
      interactions * Math.min(1, (2 * o.batchSize) / nUsers) * (1 + o.negatives) * 6 +
      interactions * 2) *
    4,
  create({ kernels: k, train, seed }, o) {
    const width = o.dim + 1;
    const encoder = createEncoder(k, train, o, seed);
    const deviation = Math.sqrt(2 / (train.nItems + o.dim));
    const key = stream(seed, 'cdae decoder');
    const decoder = marked(k, normalTable(k, 'decoder', train.nItems, width, key, deviation, 'items'));
    // A row is [d_i, b_i].
    for (let i = 0; i < train.nItems; i++) decoder.values[i * width + o.dim] = 0;
    const parameters = [...encoder.parameters, decoder];
    const mask = createMask(k, train, o.negatives, o.batchSize, seed, 'cdae negatives');
    const scratch = createScratch(k);
    const factorsOf = (users?: Int32Array): Factors => {
      const { values, gradient } = encoder.rows.update(users);
      return {
        ...{ userFactors: values, userGradient: gradient },
        ...{ itemFactors: decoder.values, itemGradient: decoder.gradient, dim: width },
      };
    };
    return {
      name: 'cdae',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters,
      size: parameters.reduce((sum, p) => sum + p.values.length, 0),
      batches: 'rows',
      factors(users, items) {
        decoder.touched?.mark(items);
        return factorsOf(users);
      },
      scoreRows: (users, out) => scoreByFactors(k, factorsOf(users), users, train.nItems, out),
      forward: (batch) => encoder.rows.begin(batch.epoch),
      accumulate(batch) {
        if (batch.kind !== 'rows') throw new TypeError('cdae works on batches of users');
        const users = batch.users.subarray(0, batch.size);
        const f = factorsOf(users);
        const n = mask.draw(users, batch.epoch, batch.index);
        const scores = scratch.floats('scores', n);
        k.dotPairs(f.userFactors, f.itemFactors, width, mask.users, mask.items, scores, n);
        const loss = bce(scores, mask.targets, scores, n);
        k.accumulate(f.userGradient, mask.users, f.itemFactors, mask.items, scores, width, n);
        k.accumulate(f.itemGradient, mask.items, f.userFactors, mask.users, scores, width, n);
        decoder.touched?.mark(mask.items.subarray(0, n));
        return loss;
      },
      backward: encoder.rows.end,
      close() {
        scratch.close();
        mask.close();
        encoder.close();
        freeParameters(k, [decoder]);
      },
    };
  },
});
