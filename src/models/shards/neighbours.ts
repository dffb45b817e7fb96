/**
 * Item-to-item weights in shards: the largest weights of a range of items. A part reads the items of all users, and the users of its own items only.
 * Nothing is added up over shards, so the bits do not depend on their number.
 */
import { itemCounts } from '../../data/interactions.js';
import type { ShardedModel } from '../_model.js';
import {
  joined,
  largestOfItems,
  modelOfNeighbours,
  type NeighbourRule,
  type Neighbours,
  pairsMemory,
} from '../neighbours.js';
import { type PartTensors, rangesOf } from './_shards.js';

const STAGE = 'neighbours';

/** @param ruleOf the rule for data in which each item has so many train interactions */
export const neighbourShards = <O extends { readonly neighbours: number }>(
  name: string,
  side: NeighbourRule['side'],
  ruleOf: (counts: Int32Array, options: O) => NeighbourRule,
): ShardedModel<O> => ({
  stages: () => [{ name: STAGE, needs: [] }],
  made: () => [STAGE],
  memory({ nUsers, nItems, interactions, shards }, { neighbours }) {
    const rows = Math.ceil(nItems / shards);
    // Item ids of all users, the users of the own items, and what is found.
    const data = interactions * 4 * (1 + 1 / shards) + nUsers * 12 + nItems * 24;
    return data + rows * Math.min(nItems, neighbours) * 8 + pairsMemory(nItems, neighbours);
  },
  // Objects of an earlier part in the same process may not be freed yet.
  opened: ({ nItems, shards }, { neighbours }) =>
    nItems * Math.min(nItems, neighbours) * 8 * (1 + 1 / shards) + pairsMemory(nItems, neighbours),
  async compute(_, shard, { train, shards, step }, o, write) {
    const ends = rangesOf(train.starts('items'), shards);
    const [from, to] = [ends[shard]!, ends[shard + 1]!];
    const all = train.users(0, train.nUsers);
    const own = { from, users: train.items(from, to) };
    const { indptr, indices, weights } = await largestOfItems(all, own, step, ruleOf(itemCounts(all), o));
    const size = indptr.at(-1)!;
    write({
      indptr: { shape: [indptr.length], data: indptr },
      indices: { shape: [size], data: indices.subarray(0, size) },
      weights: { shape: [size], data: weights.subarray(0, size) },
    });
  },
  open(_sweep, _users, own, { kernels, train, shards, part }) {
    function* blocks() {
      for (let shard = 0; shard < shards; shard++) yield blockOf(part(STAGE, shard));
    }
    return Promise.resolve(modelOfNeighbours(name, kernels, joined(blocks, side, train.nItems), own));
  },
});

/** The types are those that `compute` gives. */
const blockOf = ({ indptr, indices, weights }: PartTensors): Neighbours => ({
  indptr: indptr!.data as Int32Array,
  indices: indices!.data as Int32Array,
  weights: weights!.data as Float32Array,
});
