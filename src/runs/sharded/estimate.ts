/** The memory of the jobs that make a run in shards, as sums of named parts besides the program. */
import { LIST_LENGTH } from '../../eval/index.js';
import { type MemoryPart, totalOf, WORKING } from '../../memory/index.js';
import type { ComputedSpec, ShardedModel, ShardSizes } from '../../models/index.js';
import { rankingBytes, widthOf } from '../estimate.js';

type Values = Readonly<Record<string, unknown>>;

export interface ShardedSize extends Omit<ShardSizes, 'shards'> {
  readonly spec: ComputedSpec;
  readonly options: Values;
  /** Interactions of valid and of test together, and of histories of users who are held out whole, if any is. */
  readonly heldOut: number;
  readonly foldIn?: number;
  /** List lengths of the metrics. */
  readonly at: readonly number[];
}

export interface ShardedMemory {
  /** Computing the largest part. */
  readonly compute: readonly MemoryPart[];
  /** Ranking the users of a shard. */
  readonly rank: readonly MemoryPart[];
  readonly join: readonly MemoryPart[];
}

/** Metrics of single users. */
const USER_METRICS = 6;
/** V8 frees arrays outside of its heap when about this much was allocated. */
const MOST_UNFREED = 64e6;
/** An id of a user or an item, with its number: as in memory/parts.ts. */
const ID = 300;

export function shardedMemory(size: ShardedSize, shards: number): ShardedMemory {
  const { spec, options, nUsers, nItems, interactions, weighted, heldOut, threads, at } = size;
  const sharded = spec.shards as ShardedModel<Values>;
  const sizes: ShardSizes = { nUsers, nItems, interactions, weighted, shards, threads };
  const depth = Math.min(nItems, Math.max(LIST_LENGTH, ...at));
  const rows = Math.ceil(nUsers / shards);
  const [own, held] = [Math.ceil(interactions / shards), Math.ceil(heldOut / shards)];
  const foldIn = size.foldIn === undefined ? undefined : Math.ceil(size.foldIn / shards);
  const ranking = { nUsers: rows, nItems, train: own, valid: held, foldIn };
  const working = { name: 'working memory', bytes: WORKING };
  // Arrays of this job and of those before it in the same process.
  const unfreed = (bytes: number) => ({ name: 'memory not freed yet', bytes: Math.min(MOST_UNFREED, bytes) });
  const lists = nUsers * depth * 4;
  const tables = sharded.tables ? (nUsers + nItems) * widthOf(options) * 4 : 0;
  return {
    compute: [
      { name: `a part of ${spec.name}`, bytes: sharded.memory(sizes, options) },
      unfreed(sharded.memory(sizes, options)),
      working,
    ],
    rank: [
      { name: spec.name, bytes: sharded.opened(sizes, options) },
      { name: 'data of a shard', bytes: (own * 3 + held * 4) * 4 + (nUsers + nItems + rows * 8) * 4 },
      { name: 'ranking', bytes: rankingBytes(spec, options, ranking, threads) },
      { name: 'rankings of a shard', bytes: rows * depth * 4 * 4 },
      unfreed(rows * depth * 4 * 8 + own * 32),
      working,
    ],
    join: [
      { name: 'rankings of all users', bytes: lists * (1 + 1 / shards) },
      { name: 'evaluation', bytes: nUsers * (Math.max(...at) * 4 + at.length * USER_METRICS * 8 + 12) + heldOut * 4 },
      { name: 'one shard, to measure its speed', bytes: sharded.opened(sizes, options) + own * 16 },
      ...(tables > 0
        ? [
            { name: 'student bundle', bytes: tables + interactions * 8 },
            // Measured: (665 - 584) MB more than 5 numbers for 2,260,000 train interactions, for the file with both orders and the seen items.
            { name: 'data', bytes: (interactions * 16 + heldOut * 2) * 4 + (nUsers + nItems) * ID },
          ]
        : []),
      unfreed(lists),
      working,
    ],
  };
}

/** Bytes of the largest of the jobs, besides the program. */
export const mostMemory = ({ compute, rank, join }: ShardedMemory): number =>
  Math.max(...[compute, rank, join].map(totalOf));
