/**
 * Matrix factorisation with a choice of the loss: score(u, i) = <p_u, q_i>. With the softmax, the cross-entropy of a user's scores over all items
 * with the user's train items. With BPR it is the model bpr-mf.
 */
import { float, int, options } from '../options/options.js';
import { logRange, oneOf } from '../options/search.js';
import { type Factors, trainedModel } from './_model.js';
import { baseLossBytes, createBaseLoss } from './base-loss.js';
import { softmaxBatch } from './data-rules.js';
import { embeddings, freeParameters, markBatch, marked, scoreByFactors } from './factors.js';
import { checkLossOptions, lossShape, pairShape } from './options.js';

export const mf = trainedModel({
  name: 'mf',
  summary: 'Matrix factorisation with a softmax over all items, or with the BPR loss',
  source: 'Softmax loss: Rendle, Item recommendation from implicit feedback, Recommender Systems Handbook, 2022',
  options: options({
    dim: int({ default: 64, min: 1, max: 1024, help: 'Embedding dimension.' }),
    initScale: float({ default: 0.1, above: 0, max: 10, help: 'Standard deviation of the initial embeddings.' }),
    ...lossShape({ loss: 'softmax' }),
    ...pairShape({ epochs: 100, batchSize: softmaxBatch, learningRate: 0.01, l2: 0.05, evaluateEvery: 5, patience: 5 }),
  }),
  search: {
    dim: oneOf(32, 64, 128),
    learningRate: logRange(0.003, 0.03),
    l2: logRange(0.01, 1),
    batchSize: oneOf(128, 256, 512),
  },
  check: (o) => checkLossOptions('mf', o),
  capabilities: ['factors', 'scores', 'weights'],
  memory: (data, o) => (data.nUsers + data.nItems) * o.dim * 4 * 4 + baseLossBytes(data, o),
  create(context, o) {
    const { kernels: k, train } = context;
    const parameters = embeddings(context, 'mf', o.dim, o.initScale).map((table) => marked(k, table));
    const [users, items] = [parameters[0]!, parameters[1]!];
    const loss = createBaseLoss(context, o);
    const factors: Factors = {
      ...{ userFactors: users.values, userGradient: users.gradient },
      ...{ itemFactors: items.values, itemGradient: items.gradient, dim: o.dim },
    };
    return {
      name: 'mf',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters,
      size: (train.nUsers + train.nItems) * o.dim,
      batches: loss.batches,
      factors(ofUsers, ofItems) {
        users.touched?.mark(ofUsers);
        items.touched?.mark(ofItems);
        return factors;
      },
      scoreRows: (rows, out) => scoreByFactors(k, factors, rows, train.nItems, out),
      accumulate(batch) {
        if (batch.kind === 'pairs') markBatch(parameters, batch);
        if (batch.kind === 'rows') users.touched?.mark(batch.users.subarray(0, batch.size));
        return loss.accumulate(factors, batch, (ids) => items.touched?.mark(ids));
      },
      close() {
        loss.close();
        freeParameters(k, parameters);
      },
    };
  },
});
