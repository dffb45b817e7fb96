/**
 * Random walks of three steps, from the user to an item, to another user, to an item (Paudel et al., TiiS 2017):
 * w(j, i) = sum over the users v who have both of (1 / n_j)^alpha (1 / n_v)^alpha / n_i^beta, n = train interactions;
 * score(u, i) = sum of w(j, i) over the train items j of u for which i is among the `neighbours` largest w(j, .).
 * The paper's factor (1 / n_u)^alpha is the same for all items of a user and is left out.
 */

import { itemCounts } from '../data/interactions.js';
import { float, int, options } from '../options/options.js';
import { range } from '../options/search.js';
import { computedModel } from './_model.js';
import { byLogDensity, neighboursByDensity } from './data-rules.js';
import { createByNeighbours, estimateNeighbours, type NeighbourRule, pairsMemory } from './neighbours.js';
import { shards } from './options.js';
import { createInShards } from './shards/in-memory.js';
import { neighbourShards } from './shards/neighbours.js';

const rp3betaShards = neighbourShards('rp3beta', 'from', ruleOf);

export const rp3beta = computedModel({
  name: 'rp3beta',
  summary: 'Random walks of three steps, with a popularity penalty',
  source:
    'Paudel et al., Updatable, accurate, diverse, and scalable recommendations for interactive applications, TiiS 2017',
  options: options({
    alpha: float({
      default: byLogDensity(0.8, 0.4, [0.6, 0.9], 0.8),
      above: 0,
      max: 100,
      help: 'Exponent of the transition probabilities.',
    }),
    beta: float({
      default: byLogDensity(0.4, 0.4, [0, 0.4], 0.2),
      min: 0,
      max: 10,
      help: 'Exponent of the popularity penalty.',
    }),
    neighbours: int({
      default: neighboursByDensity,
      min: 1,
      max: 1_000_000,
      help: 'Number of largest weights per item.',
    }),
    shards: shards(),
  }),
  search: {
    alpha: range(0.2, 2),
    beta: range(0, 0.8),
    neighbours: range(50, 1000, { scale: 'log', whole: true }),
  },
  capabilities: ['histories'],
  memory: ({ nItems }, o) => nItems * Math.min(nItems, o.neighbours) * 8 + pairsMemory(nItems, o.neighbours),
  estimate: ({ train }, o) => estimateNeighbours(train, ruleOf(itemCounts(train), o)),
  shards: rp3betaShards,
  create: (context, o) =>
    o.shards === undefined
      ? createByNeighbours('rp3beta', context, ruleOf(itemCounts(context.train), o))
      : createInShards(rp3betaShards, context, o, o.shards),
});

/** @param counts train interactions of each item */
function ruleOf(
  counts: Int32Array,
  o: { readonly alpha: number; readonly beta: number; readonly neighbours: number },
): NeighbourRule {
  return {
    keep: o.neighbours,
    side: 'from',
    share: (n) => n ** -o.alpha,
    weight: (sum, j, i) => (sum * counts[j]! ** -o.alpha) / counts[i]! ** o.beta,
  };
}
