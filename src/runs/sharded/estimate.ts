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
/** Ids of a user or an item with its number, as in memory/parts.ts. */
const ID = 200;
/** An item of a bundle: among all items of a user twice while parts are united, in the parts, and in its code. */
const BUNDLED = 4 * 4 + 2;

export function shardedMemory(size: ShardedSize, shards: number): ShardedMemory {
  const { spec, options, nUsers, nItems, interactions, weighted, heldOut, threads, at } = size;
  const sharded = spec.shards as ShardedModel<Values>;
  const sizes: ShardSizes = { nUsers, nItems, interactions, weighted, shards, threads };
  const [most, depth] = [Math.max(...at), Math.min(nItems, Math.max(LIST_LENGTH, ...at))];
  const rows = Math.ceil(nUsers / shards);
  const [own, held] = [Math.ceil(interactions / shards), Math.ceil(heldOut / shards)];
  const foldIn = size.foldIn === undefined ? undefined : Math.ceil(size.foldIn / shards);
  const ranking = { nUsers: rows, nItems, train: own, valid: held, foldIn };
  const working = { name: 'working memory', bytes: WORKING };
  const tables = sharded.tables ? (nUsers + nItems) * widthOf(options) * 4 : 0;
  const [computed, opened] = [sharded.memory(sizes, options), sharded.opened(sizes, options)];
  const ranked = rankingBytes(spec, options, ranking, threads);
  const lists = rows * depth * 3 * 4;
  // Arrays of this job and of those before it in the same process: of parts, of rankings of a shard, and of the joined ones.
  const arrays = computed + opened + lists + nUsers * most * 4 + tables;
  const unfreed = { name: 'memory not freed yet', bytes: Math.min(MOST_UNFREED, arrays) };
  return {
    compute: [{ name: `a part of ${spec.name}`, bytes: computed }, unfreed, working],
    rank: [
      { name: spec.name, bytes: opened },
      // Train, valid, test and what is left out for test, with row starts; and the row starts of all users.
      { name: 'data of a shard', bytes: (own * 2 + held * 3 + rows * 5 + nUsers + (foldIn ?? 0)) * 4 },
      { name: 'ranking', bytes: ranked },
      // On valid, on test, and the items of train.
      { name: 'rankings of a shard', bytes: lists },
      unfreed,
      working,
    ],
    join: [
      // One whole, and the first items of another one.
      { name: 'rankings of all users', bytes: nUsers * (depth + most) * 4 },
      { name: 'evaluation', bytes: nUsers * (at.length * USER_METRICS * 8 + 3 * 4) + heldOut * 4 },
      { name: 'one shard, to measure its speed', bytes: opened + (own + held + rows * 5) * 4 },
      // Kernel memory is not given back: the process may have ranked a shard before.
      { name: 'ranking of parts before', bytes: ranked },
      ...(tables > 0
        ? [
            { name: 'student bundle', bytes: tables + (interactions + heldOut) * BUNDLED },
            { name: 'ids', bytes: (nUsers + nItems) * ID },
          ]
        : []),
      unfreed,
      working,
    ],
  };
}

/** Bytes of the largest of the jobs, besides the program. */
export const mostMemory = ({ compute, rank, join }: ShardedMemory): number =>
  Math.max(...[compute, rank, join].map(totalOf));
