/**
 * Collaborative metric learning (Hsieh et al., WWW 2017): users and items are points p_u and q_i within a ball, and
 * score(u, i) = -|p_u - q_i|^2. A train item must be closer to the user than a sampled negative by a margin (hinge loss).
 */

import type { Kernels } from '../kernels/index.js';
import { hinge } from '../losses/hinge.js';
import { choice, float, int, options } from '../options/options.js';
import { logRange, oneOf, range } from '../options/search.js';
import { type Batch, type PairBatch, type Parameter, trainedModel } from './_model.js';
import { embeddings, freeParameters, markBatch, marked, scoreByFactors } from './factors.js';
import { pairShape } from './options.js';
import { productTables } from './product-tables.js';

export const cml = trainedModel({
  name: 'cml',
  summary: 'Collaborative metric learning: a hinge loss on the distances of users and items',
  source: 'Hsieh et al., Collaborative metric learning, WWW 2017',
  options: options({
    dim: int({ default: 64, min: 1, max: 1024, help: 'Embedding dimension.' }),
    margin: float({
      default: 1.2,
      above: 0,
      max: 1000,
      help: 'Margin of the hinge loss, in squared distance.',
    }),
    clip: float({ default: 1, above: 0, max: 1e6, help: 'Maximum norm of an embedding.' }),
    lossNegatives: choice(['hardest', 'all'], {
      default: 'hardest',
      help: 'Which negatives of an interaction enter the loss: the closest one (hardest), or all.',
    }),
    initScale: float({ default: 0.1, above: 0, max: 10, help: 'Standard deviation of the initial embeddings.' }),
    ...pairShape({
      epochs: 300,
      batchSize: 1024,
      learningRate: 0.003,
      l2: 0,
      evaluateEvery: 10,
      patience: 5,
      negatives: 20,
    }),
  }),
  search: {
    dim: oneOf(64, 128),
    margin: range(0.8, 2),
    negatives: oneOf(10, 20, 50),
    learningRate: logRange(0.001, 0.01),
    batchSize: oneOf(1024, 2048, 4096),
  },
  capabilities: ['factors', 'scores', 'weights'],
  memory: ({ nUsers, nItems }, o) => (nUsers + nItems) * (o.dim * 6 + 4) * 4 + o.batchSize * (1 + o.negatives) * 16,
  create(context, o) {
    const { kernels: k, train } = context;
    const parameters = embeddings(context, 'cml', o.dim, o.initScale).map((table) => marked(k, table));
    const [users, items] = [parameters[0]!, parameters[1]!];
    const tables = productTables(k, users, items);
    const step = metricStep(k, users, items, o);
    const intoBall = () => {
      for (const p of parameters) k.clipRows(p.values, o.dim, o.clip);
    };
    intoBall();
    return {
      name: 'cml',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters,
      size: (train.nUsers + train.nItems) * o.dim,
      batches: 'pairs',
      factors: tables.factors,
      scoreRows: (rows, out) => scoreByFactors(k, tables.factors(), rows, train.nItems, out),
      forward: tables.forward,
      accumulate: step.accumulate,
      backward: tables.backward,
      afterStep: intoBall,
      close() {
        step.close();
        tables.close();
        freeParameters(k, parameters);
      },
    };
  },
});

interface MetricStep {
  /** Adds the gradient of the hinge loss of a batch to the points' gradients; returns the summed loss. */
  accumulate(batch: Batch): number;
  close(): void;
}

interface MetricOptions {
  readonly dim: number;
  readonly margin: number;
  readonly lossNegatives: 'hardest' | 'all';
  readonly batchSize: number;
  readonly negatives: number;
}

function metricStep(k: Kernels, p: Parameter, q: Parameter, o: MetricOptions): MetricStep {
  const most = o.batchSize * (1 + o.negatives);
  const [users, items, distances, weights] = [k.ints(most), k.ints(most), k.floats(most), k.floats(most)];
  // Two pairs per triple: the user with the train item, and the user with the negative.
  const pairs = new Int32Array(2 * o.batchSize * o.negatives);
  const scores = new Float64Array(pairs.length);
  const gradient = new Float64Array(pairs.length);

  /** The pairs of a batch: first those of the train items, then those of the negatives. */
  const listPairs = (batch: PairBatch): void => {
    const { size, perPositive } = batch;
    users.set(batch.users.subarray(0, size));
    items.set(batch.positives.subarray(0, size));
    for (let b = 0; b < size; b++) users.fill(batch.users[b]!, size + b * perPositive, size + (b + 1) * perPositive);
    items.set(batch.negatives.subarray(0, size * perPositive), size);
  };
  /** The triples in the loss. Returns their number. */
  const listTriples = ({ size, perPositive }: PairBatch): number => {
    let triples = 0;
    const add = (b: number, pair: number) => {
      pairs[2 * triples] = b;
      pairs[2 * triples + 1] = pair;
      triples += 1;
    };
    for (let b = 0, at = size; b < size; b++, at += perPositive) {
      if (o.lossNegatives === 'all') for (let n = at; n < at + perPositive; n++) add(b, n);
      else {
        let nearest = at;
        for (let n = at + 1; n < at + perPositive; n++) if (distances[n]! < distances[nearest]!) nearest = n;
        add(b, nearest);
      }
    }
    return triples;
  };
  return {
    accumulate(batch) {
      if (batch.kind !== 'pairs') throw new TypeError('metric learning works on batches of pairs');
      const all = batch.size * (1 + batch.perPositive);
      listPairs(batch);
      k.distancePairs(p.values, q.values, o.dim, users, items, distances, all);
      const triples = listTriples(batch);
      for (let t = 0; t < 2 * triples; t++) scores[t] = -distances[pairs[t]!]!;
      const loss = hinge(scores, gradient, triples, o.margin);
      weights.fill(0, 0, all);
      // The derivative of -|p - q|^2 is 2 (q - p) with respect to p and 2 (p - q) with respect to q.
      for (let t = 0; t < 2 * triples; t++) weights[pairs[t]!]! += 2 * gradient[t]!;
      let n = 0;
      for (let pair = 0; pair < all; pair++) {
        if (weights[pair] === 0) continue;
        users[n] = users[pair]!;
        items[n] = items[pair]!;
        weights[n++] = weights[pair]!;
      }
      k.accumulate(p.gradient, users, q.values, items, weights, o.dim, n, p.values);
      k.accumulate(q.gradient, items, p.values, users, weights, o.dim, n, q.values);
      markBatch([p, q], batch);
      return loss;
    },
    close: () => k.free(users, items, distances, weights),
  };
}
