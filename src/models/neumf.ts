/** Neural matrix factorisation (He et al., WWW 2017): a weighted inner product and a perceptron with separate embeddings, BCE loss. */

import { fail } from '../errors.js';
import { float, int, options } from '../options/options.js';
import { logRange, oneOf, wholeRange } from '../options/search.js';
import { trainedModel } from './_model.js';
import { createNeumf, neumfWidths } from './neumf-network.js';
import { neumfStep } from './neumf-step.js';
import { pairShape } from './options.js';

export const neumf = trainedModel({
  name: 'neumf',
  summary: 'Neural matrix factorisation: an inner product and a perceptron in parallel',
  source: 'He et al., Neural collaborative filtering, WWW 2017',
  options: options({
    dim: int({ default: 32, min: 1, max: 1024, help: 'Dimension of each of the two embeddings of a user or item.' }),
    layers: int({
      default: 3,
      min: 1,
      max: 10,
      help: 'Number of hidden layers. The input has 2 dim values, and each layer halves the width.',
    }),
    initScale: float({
      default: 0.01,
      above: 0,
      max: 10,
      help: 'Standard deviation of the initial embeddings and biases.',
    }),
    layerL2: float({
      default: 80,
      min: 0,
      max: 10_000,
      help: 'Weight decay of the layers, added to their gradient as layerL2 * weight. Without it the layers grow and cancel the effect of l2 on the embeddings.',
    }),
    ...pairShape({
      epochs: 100,
      batchSize: 1024,
      learningRate: 0.005,
      l2: 0.003,
      evaluateEvery: 10,
      patience: 3,
      negatives: 4,
    }),
  }),
  search: {
    dim: oneOf(16, 32, 64),
    layers: wholeRange(1, 3),
    negatives: wholeRange(2, 10),
    learningRate: logRange(0.001, 0.02),
    l2: logRange(0.0005, 0.02),
    layerL2: logRange(5, 500),
    batchSize: oneOf(512, 1024, 2048, 4096),
  },
  capabilities: ['scores', 'weights'],
  perScore: (o) => perScoreOf(o.dim, o.layers),
  memory: ({ nUsers, nItems }, o) => {
    const units = neumfWidths(o.dim, o.layers).reduce((sum, width) => sum + Math.max(8, width), 0);
    const points = o.batchSize * (1 + o.negatives);
    // Two embedding rows and the activations of each point. The item part that scoring needs is smaller than what training needs.
    const step = points * (4 * o.dim + units + 10) + o.batchSize * 2 * o.dim;
    const widths = [2 * o.dim, ...neumfWidths(o.dim, o.layers)];
    const weights = widths.slice(1).reduce((sum, width, l) => sum + width * widths[l]!, 0);
    // The layers with Adam, packed in two orders, and sums of their gradients for at most 32 chunks of a batch.
    return ((nUsers + nItems) * 2 * o.dim * 4 + step + nItems * o.dim + weights * 40) * 4;
  },
  create({ kernels: k, train, seed }, o) {
    if (neumfWidths(o.dim, o.layers).at(-1) === 0) {
      const most = Math.floor(Math.log2(o.dim)) + 1;
      fail('bad-option', {
        option: 'layers',
        owner: 'neumf',
        given: o.layers,
        expected: `at most ${most} with dim ${o.dim}`,
        help: 'Each layer halves the width and must keep at least 1 unit: lower layers or raise dim.',
      });
    }
    const shape = { nUsers: train.nUsers, nItems: train.nItems, dim: o.dim, layers: o.layers, initScale: o.initScale };
    const network = createNeumf(k, shape, seed);
    const size = Math.min(o.batchSize, train.indices.length);
    const points = size * (1 + o.negatives);
    const step = neumfStep(k, network, { dim: o.dim, layerL2: o.layerL2 });
    const [items, labels] = [k.ints(points), k.floats(points)];
    return {
      name: 'neumf',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters: network.parameters,
      size: network.parameters.reduce((sum, p) => sum + p.values.length, 0),
      perScore: perScoreOf(o.dim, o.layers),
      batches: 'pairs',
      accumulate(batch) {
        if (batch.kind !== 'pairs') throw new TypeError('neumf works on batches of pairs');
        const { perPositive, positives, negatives } = batch;
        const perGroup = 1 + perPositive;
        for (let b = 0, p = 0; b < batch.size; b++) {
          labels[p] = 1;
          items[p++] = positives[b]!;
          for (let j = 0; j < perPositive; j++, p++) {
            labels[p] = 0;
            items[p] = negatives[b * perPositive + j]!;
          }
        }
        return step.accumulate({
          users: batch.users.subarray(0, batch.size),
          items: items.subarray(0, batch.size * perGroup),
          labels,
        });
      },
      learnPairs: step.learnPairs,
      scorePairs: step.scorePairs,
      scoreRows: network.score,
      close() {
        step.close();
        k.free(items, labels);
        network.close();
      },
    };
  },
});

/** Multiplications per score. The first layer is computed once per user and once per item. */
function perScoreOf(dim: number, layers: number): number {
  const widths = neumfWidths(dim, layers);
  return widths.reduce((sum, width, l) => sum + width * (widths[l + 1] ?? 1), dim);
}
