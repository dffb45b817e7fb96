/**
 * Item neighbourhoods (Sarwar et al., WWW 2001; shrinkage as in Bell and Koren, ICDM 2007):
 * sim(i, j) = c_ij / (sqrt(n_i n_j) + shrinkage), or c_ij / sqrt(n_i n_j) * c_ij / (c_ij + shrinkage);
 * c_ij = users who have both, n_i = users who have i;
 * score(u, i) = sum of sim(i, j) over the train items j of u that are among the `neighbours` most similar to i.
 */

import { itemCounts } from '../data/interactions.js';
import { densityOf, fromData, shortNumber, within } from '../options/from-data.js';
import { choice, float, int, options } from '../options/options.js';
import { logRange, oneOf, range } from '../options/search.js';
import { computedModel } from './_model.js';
import { neighboursByDensity } from './data-rules.js';
import { createByNeighbours, estimateNeighbours, type NeighbourRule, pairsMemory } from './neighbours.js';
import { shards } from './options.js';
import { createInShards } from './shards/in-memory.js';
import { neighbourShards } from './shards/neighbours.js';

const itemKnnShards = neighbourShards('item-knn', 'to', ruleOf);

export const itemKnn = computedModel({
  name: 'item-knn',
  summary: 'Item neighbourhoods: cosine similarity with shrinkage',
  source: 'Sarwar et al., Item-based collaborative filtering recommendation algorithms, WWW 2001',
  options: options({
    neighbours: int({
      default: neighboursByDensity,
      min: 1,
      max: 1_000_000,
      help: 'Number of most similar items per item.',
    }),
    shrinkage: float({
      default: fromData({
        rule: '0.1 / density, from 3 to 100',
        typical: 10,
        value: (size) => shortNumber(within(3, 0.1 / densityOf(size), 100)),
      }),
      min: 0,
      max: 1e6,
      help: 'Reduces similarities that are based on few users.',
    }),
    shrink: choice(['denominator', 'support'], {
      default: 'denominator',
      help: 'denominator: shrinkage is added to the denominator of the cosine. support: the cosine is multiplied by c / (c + shrinkage), c = common users.',
    }),
    shards: shards(),
  }),
  search: {
    neighbours: range(10, 1000, { scale: 'log', whole: true }),
    shrinkage: logRange(0.1, 1000),
    shrink: oneOf('denominator', 'support'),
  },
  capabilities: ['histories'],
  memory: ({ nItems }, o) => nItems * Math.min(nItems, o.neighbours) * 16 + pairsMemory(nItems, o.neighbours),
  estimate: ({ train }, o) => estimateNeighbours(train, ruleOf(itemCounts(train), o)),
  shards: itemKnnShards,
  create: (context, o) =>
    o.shards === undefined
      ? createByNeighbours('item-knn', context, ruleOf(itemCounts(context.train), o))
      : createInShards(itemKnnShards, context, o, o.shards),
});

/** @param counts train interactions of each item */
function ruleOf(
  counts: Int32Array,
  o: { readonly neighbours: number; readonly shrinkage: number; readonly shrink: 'denominator' | 'support' },
): NeighbourRule {
  return {
    keep: o.neighbours,
    side: 'to',
    share: () => 1,
    weight(common, j, i) {
      const size = Math.sqrt(counts[i]! * counts[j]!);
      return o.shrink === 'support'
        ? (common / size) * (common / (common + o.shrinkage))
        : common / (size + o.shrinkage);
    },
  };
}
