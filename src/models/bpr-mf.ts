/** Matrix factorisation with the BPR loss (Rendle et al., UAI 2009): score(u, i) = <p_u, q_i>, no biases. */

import { float, int, options } from '../options/options.js';
import { logRange, oneOf } from '../options/search.js';
import { type Factors, trainedModel } from './_model.js';
import { pairDecay } from './data-rules.js';
import { bprStep, embeddings, freeParameters, markBatch, marked, scoreByFactors } from './factors.js';
import { pairShape } from './options.js';

export const bprMf = trainedModel({
  name: 'bpr-mf',
  summary: 'Matrix factorisation with the BPR loss',
  source: 'Rendle et al., BPR: Bayesian personalized ranking from implicit feedback, UAI 2009',
  options: options({
    dim: int({ default: 64, min: 1, max: 1024, help: 'Embedding dimension.' }),
    initScale: float({ default: 0.01, above: 0, max: 10, help: 'Standard deviation of the initial embeddings.' }),
    ...pairShape({ epochs: 300, batchSize: 2048, learningRate: 0.002, l2: pairDecay, evaluateEvery: 10, patience: 5 }),
  }),
  search: {
    dim: oneOf(32, 64, 128),
    learningRate: logRange(0.0005, 0.02),
    l2: logRange(0.0001, 0.03),
    batchSize: oneOf(1024, 2048, 4096, 8192),
  },
  capabilities: ['factors', 'scores', 'weights'],
  memory: ({ nUsers, nItems }, o) => (nUsers + nItems) * o.dim * 4 * 4 + o.batchSize * o.negatives * 64,
  create(context, o) {
    const { kernels: k, train } = context;
    const parameters = embeddings(context, 'bpr-mf', o.dim, o.initScale).map((table) => marked(k, table));
    const [users, items] = [parameters[0]!, parameters[1]!];
    const step = bprStep(k, o.batchSize * o.negatives);
    const factors: Factors = {
      userFactors: users.values,
      itemFactors: items.values,
      dim: o.dim,
      userGradient: users.gradient,
      itemGradient: items.gradient,
    };
    return {
      name: 'bpr-mf',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters,
      size: (train.nUsers + train.nItems) * o.dim,
      batches: 'pairs',
      factors(ofUsers, ofItems) {
        users.touched?.mark(ofUsers);
        items.touched?.mark(ofItems);
        return factors;
      },
      scoreRows: (rows, out) => scoreByFactors(k, factors, rows, train.nItems, out),
      accumulate(batch) {
        const loss = step.accumulate(factors, batch);
        if (batch.kind === 'pairs') markBatch(parameters, batch);
        return loss;
      },
      close() {
        step.close();
        freeParameters(k, parameters);
      },
    };
  },
});
