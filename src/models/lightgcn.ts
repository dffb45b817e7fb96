/**
 * LightGCN (He et al., SIGIR 2020): E_{l+1} = A E_l with A the bipartite adjacency weighted 1 / sqrt(deg(u) deg(i)); the final
 * embeddings are the mean of E_0 .. E_layers; scores are their inner products; BPR loss, or a softmax over all items.
 */

import { type Interactions, itemCounts, transpose } from '../data/interactions.js';
import {
  type Floats,
  freeGraph,
  type Graph,
  graphBytes,
  type Kernels,
  layersBytes,
  type NodeTables,
  takeGraph,
} from '../kernels/index.js';
import { float, int, options } from '../options/options.js';
import { logRange, oneOf, wholeRange } from '../options/search.js';
import { type Factors, trainedModel } from './_model.js';
import { baseLossBytes, createBaseLoss } from './base-loss.js';
import { embeddings, freeParameters, scoreByFactors } from './factors.js';
import { checkLossOptions, lossShape, pairShape } from './options.js';

export const lightgcn = trainedModel({
  name: 'lightgcn',
  summary: 'Linear graph convolution on the user-item graph with the BPR loss',
  source: 'He et al., LightGCN: simplifying and powering graph convolution network for recommendation, SIGIR 2020',
  options: options({
    dim: int({ default: 64, min: 1, max: 1024, help: 'Embedding dimension.' }),
    layers: int({ default: 3, min: 0, max: 8, help: 'Number of propagation layers.' }),
    initScale: float({ default: 0.1, above: 0, max: 10, help: 'Standard deviation of the initial embeddings.' }),
    ...lossShape({ loss: 'bpr' }),
    ...pairShape({ epochs: 300, batchSize: 8192, learningRate: 0.005, l2: 0.001, evaluateEvery: 10, patience: 5 }),
  }),
  search: {
    dim: oneOf(32, 64, 128),
    layers: wholeRange(1, 4),
    learningRate: logRange(0.0005, 0.02),
    l2: logRange(0.00003, 0.01),
    batchSize: oneOf(2048, 4096, 8192, 16384),
  },
  check: (o) => checkLossOptions('lightgcn', o),
  capabilities: ['factors', 'scores', 'weights'],
  memory: ({ nUsers, nItems, interactions, threads = 4 }, o) =>
    (nUsers + nItems) * o.dim * 4 * 6 +
    graphBytes(nUsers + nItems, interactions) +
    layersBytes(nUsers + nItems, o.layers, threads) +
    baseLossBytes({ nItems, interactions }, o),
  create(context, o) {
    const { kernels: k, train } = context;
    const parameters = embeddings(context, 'lightgcn', o.dim, o.initScale);
    const [users, items] = parameters;
    const graph = graphOf(k, train);
    const loss = createBaseLoss(context, o);
    const table = (like: Floats) => k.floats(like.length);
    const final: Factors = {
      userFactors: table(users.values),
      itemFactors: table(items.values),
      dim: o.dim,
      userGradient: table(users.values),
      itemGradient: table(items.values),
    };
    // The map is symmetric, so it is its own gradient.
    const spread = (from: NodeTables, out: NodeTables) => k.meanOfLayers(graph, from, out, o.dim, o.layers);
    const embedded = { users: users.values, items: items.values };
    const embeddedGradient = { users: users.gradient, items: items.gradient };
    const spreadTables = { users: final.userFactors, items: final.itemFactors };
    const spreadGradient = { users: final.userGradient, items: final.itemGradient };
    const propagate = () => spread(embedded, spreadTables);
    // The parameters do not change within a batch, so one propagation serves all losses.
    let inBatch = false;
    const factors = () => {
      if (!inBatch) propagate();
      return final;
    };
    return {
      name: 'lightgcn',
      nUsers: train.nUsers,
      nItems: train.nItems,
      parameters,
      size: (train.nUsers + train.nItems) * o.dim,
      batches: loss.batches,
      factors,
      scoreRows: (rows, out) => scoreByFactors(k, factors(), rows, train.nItems, out),
      forward() {
        propagate();
        inBatch = true;
      },
      accumulate: (batch) => loss.accumulate(final, batch, () => {}),
      backward() {
        inBatch = false;
        spread(spreadGradient, embeddedGradient);
        final.userGradient.fill(0);
        final.itemGradient.fill(0);
      },
      close() {
        loss.close();
        freeGraph(k, graph);
        k.free(final.userFactors, final.itemFactors, final.userGradient, final.itemGradient);
        freeParameters(k, parameters);
      },
    };
  },
});

/** The normalised adjacency in both directions. A node without edges has an empty row. */
function graphOf(k: Kernels, train: Interactions): Graph {
  const turned = transpose(train);
  return takeGraph(k, { ...train, weights: edgeWeights(train) }, { ...turned, weights: edgeWeights(turned) });
}

/** 1 / sqrt(degree of the row * degree of the column) for each entry of `graph.indices`. */
export function edgeWeights(graph: Interactions): Float64Array {
  const columnDegrees = itemCounts(graph);
  const out = new Float64Array(graph.indices.length);
  for (let row = 0; row < graph.nUsers; row++) {
    const [from, to] = [graph.indptr[row]!, graph.indptr[row + 1]!];
    for (let e = from; e < to; e++) out[e] = 1 / Math.sqrt((to - from) * columnDegrees[graph.indices[e]!]!);
  }
  return out;
}
