/**
 * Item-to-item weights in shards: the largest weights of a range of items. A part reads the users of its own items, and all items of these users.
 * Nothing is added up over shards, so the bits do not depend on their number.
 */
import type { Interactions } from '../../data/interactions.js';
import type { ShardedModel } from '../_model.js';
import {
  joined,
  largestOfItems,
  modelOfNeighbours,
  type NeighbourRule,
  type Neighbours,
  pairsMemory,
} from '../neighbours.js';
import { type PartTensors, rangesOf, type TrainRanges } from './_shards.js';

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
    // Items of the users of the own items, at most all, and these users; of each user the row start, its share, whether it is asked for and its place
    // among long histories; of each item its number, row start, sum and place.
    const data = interactions * 4 * (1 + 1 / shards) + nUsers * 21 + nItems * 28;
    return data + rows * Math.min(nItems, neighbours) * 8 + pairsMemory(nItems, neighbours);
  },
  // The weights, and a part of them while it is read.
  opened: ({ nItems, shards }, { neighbours }) => nItems * Math.min(nItems, neighbours) * 8 * (1 + 1 / shards),
  async compute(_, shard, { train, shards, step }, o, write) {
    const starts = train.starts('items');
    const ends = rangesOf(starts, shards);
    const [from, to] = [ends[shard]!, ends[shard + 1]!];
    const users = train.items(from, to);
    const counts = Int32Array.from({ length: train.nItems }, (_, item) => starts[item + 1]! - starts[item]!);
    const own = { from, users, counts };
    const { indptr, indices, weights } = await largestOfItems(itemsOfUsers(train, users), own, step, ruleOf(counts, o));
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

/** Users whose items are read together. */
const AT_ONCE = 2 ** 14;

/** The items of the users who have one of `own`. The rows of other users are empty. */
function itemsOfUsers(train: TrainRanges, own: Interactions): Interactions {
  const { nUsers, nItems } = train;
  const asked = new Uint8Array(nUsers);
  for (const user of own.indices) asked[user] = 1;
  const indptr = train.starts('users').slice();
  let size = 0;
  for (let user = 0, start = 0; user < nUsers; user++) {
    const end = indptr[user + 1]!;
    if (asked[user] === 1) size += end - start;
    indptr[user + 1] = size;
    start = end;
  }
  const indices = new Int32Array(size);
  for (let first = 0; first < nUsers; first += AT_ONCE) {
    const block = train.users(first, Math.min(nUsers, first + AT_ONCE));
    for (let row = 0; row < block.nUsers; row++) {
      if (asked[first + row] === 1)
        indices.set(block.indices.subarray(block.indptr[row]!, block.indptr[row + 1]!), indptr[first + row]!);
    }
  }
  return { nUsers, nItems, indptr, indices };
}

/** The types are those that `compute` gives. */
const blockOf = ({ indptr, indices, weights }: PartTensors): Neighbours => ({
  indptr: indptr!.data as Int32Array,
  indices: indices!.data as Int32Array,
  weights: weights!.data as Float32Array,
});
