/**
 * Factored item similarity (FISM; Kabbur, Ning and Karypis, KDD 2013): a user is what they have. The vector of a user with the items H is
 * u = |H|^(-exponent) * sum over j in H of p_j; score(i) = <u, q_i> + b_i. Users have no table. In training no target is in its own
 * history. The loss is BPR or a softmax over all items.
 */
import { stream } from '../math/random.js';
import { flag, float, int, options } from '../options/options.js';
import { logRange, oneOf, range } from '../options/search.js';
import { type Batch, type Factors, trainedModel } from './_model.js';
import { freeParameters, marked, normalTable, scoreByFactors } from './factors.js';
import { createHistoryBpr } from './history-bpr.js';
import { createHistoryRows } from './history-rows.js';
import { createHistories, historyTablesOf } from './history-scores.js';
import { createHistorySplit } from './history-split.js';
import { createItemSoftmax, itemSoftmaxBytes } from './item-softmax.js';
import { checkLossOptions, lossShape, pairShape } from './options.js';

export const fism = trainedModel({
  name: 'fism',
  summary: 'Factored item similarity: a user is the sum of the input vectors of their items',
  source: 'Kabbur, Ning and Karypis, FISM: factored item similarity models for top-n recommender systems, KDD 2013',
  options: options({
    dim: int({ default: 64, min: 1, max: 1024, help: 'Length of an input vector and of an item vector.' }),
    exponent: float({
      default: 0.5,
      min: 0,
      max: 1,
      help: "The sum of a user's input vectors is divided by their number to this power. 0: sum, 1: mean.",
    }),
    historyDropout: float({
      default: 0.5,
      min: 0,
      max: 0.99,
      help: "Share of a user's items that is left out of the history in training, drawn again in each epoch.",
    }),
    biases: flag({ default: true, help: 'One bias per item.' }),
    ...lossShape({ loss: 'softmax' }),
    inputL2: float({
      default: 0,
      min: 0,
      max: 100,
      help: 'Penalty on the norm of input vectors, added to the gradient as inputL2 * vector for each history in the batch that has the item.',
    }),
    initScale: float({ default: 0.1, above: 0, max: 10, help: 'Standard deviation of the initial vectors.' }),
    ...pairShape({ epochs: 150, batchSize: 128, learningRate: 0.005, l2: 0.03, evaluateEvery: 10, patience: 3 }),
  }),
  search: {
    dim: oneOf(32, 64, 128),
    historyDropout: range(0.2, 0.8),
    learningRate: logRange(0.002, 0.02),
    l2: logRange(0.00001, 0.3),
    inputL2: range(0, 0.01),
    batchSize: oneOf(64, 128, 256),
  },
  check: (o) => checkLossOptions('fism', o),
  capabilities: ['factors', 'scores', 'weights', 'histories'],
  // Found on valid of citeulike-hetcomp-split with the method softmax, for dim 6 and 16.
  asStudent: { learningRate: 0.005, l2: 0.00003, epochs: 150 },
  small: { inputL2: 0, historyDropout: 0.3 },
  memory({ nUsers, nItems, interactions }, o) {
    const width = o.dim + 1;
    // Both tables with Adam, the users' rows with their gradients, and the histories of an epoch.
    const tables = nItems * (o.dim + width) * 4 + nUsers * (2 * width + 3) + interactions * 4;
    // The histories of a batch with their gradients: a batch has the most active users.
    const batch = interactions * 3 * Math.min(1, (2 * o.batchSize) / nUsers) + o.batchSize * width * 3;
    return (
      (tables + batch) * 4 +
      (o.loss === 'bpr' ? o.batchSize * o.negatives * 64 : itemSoftmaxBytes(nItems, width, o.samples))
    );
  },
  create({ kernels: k, train, seed }, o) {
    const { nUsers, nItems } = train;
    const width = o.biases ? o.dim + 1 : o.dim;
    const table = (name: string, columns: number) =>
      marked(k, normalTable(k, name, nItems, columns, stream(seed, `fism ${name}`), o.initScale, 'items'));
    const [inputs, items] = [table('inputs', o.dim), table('items', width)];
    // A row is [q_i, b_i].
    if (o.biases) for (let i = 0; i < nItems; i++) items.values[i * width + o.dim] = 0;
    const split = createHistorySplit(k, train, {
      ...{ dropout: o.historyDropout, targets: o.loss === 'softmax', seed, purpose: 'fism' },
    });
    const users = createHistoryRows(k, split, inputs, { ...o, width });
    const tables = { itemFactors: items.values, itemGradient: items.gradient, dim: width };
    const factorsOf = (of?: Int32Array): Factors => {
      const { values, gradient } = users.update(of);
      return { ...tables, userFactors: values, userGradient: gradient };
    };
    const parameters = [inputs, items];
    const loss = o.loss === 'softmax' ? softmaxLoss() : bprLoss();
    return {
      name: 'fism',
      ...{ nUsers, nItems, parameters },
      size: inputs.values.length + items.values.length,
      batches: loss.batches,
      factors(ofUsers, ofItems) {
        items.touched?.mark(ofItems);
        return factorsOf(ofUsers);
      },
      scoreRows: (of, out) => scoreByFactors(k, factorsOf(of), of, nItems, out),
      histories: createHistories(k, inputs, items, { ...o, width }),
      historyTables: () => historyTablesOf(inputs, items, { ...o, width }),
      forward: (batch) => users.begin(batch.epoch),
      accumulate: loss.accumulate,
      backward: users.end,
      close() {
        loss.close();
        users.close();
        split.close();
        freeParameters(k, parameters);
      },
    };

    /** Targets of a user are the items that are left out of the history. They compete with all items but those in the history. */
    function softmaxLoss() {
      const softmax = createItemSoftmax(k, nItems, Math.min(o.batchSize, nUsers), o.samples, seed);
      return {
        batches: 'rows' as const,
        accumulate(batch: Batch): number {
          if (batch.kind !== 'rows') throw new TypeError('the softmax loss works on batches of users');
          const { epoch, index } = batch;
          const of = batch.users.subarray(0, batch.size);
          const { kept: excluded, leftOut: targets } = split.at(epoch);
          const input = { users: of, targets, excluded, epoch, index };
          return softmax.accumulate(factorsOf(of), input, (ids) => items.touched?.mark(ids));
        },
        close: softmax.close,
      };
    }

    function bprLoss() {
      return { batches: 'pairs' as const, ...createHistoryBpr(k, split, inputs, items, { ...o, width }) };
    }
  },
});
