/**
 * Models that are computed in shards. The computation is a list of stages. Each stage has one part for each shard, or one part in all; a part reads
 * a range of the train data and the parts of earlier stages, and is a set of tensors. Sums over shards are made in the order of the shards. So the
 * bits depend on the number of shards, and not on how many processes compute them or in which order.
 */
import type { Interactions } from '../../data/interactions.js';
import type { Kernels } from '../../kernels/index.js';
import type { Step } from '../../progress.js';
import type { Tensor } from '../../student/safetensors.js';

/** The train data by ranges. */
export interface TrainRanges {
  readonly nUsers: number;
  readonly nItems: number;
  /** Number of interactions. */
  readonly interactions: number;
  /** Row starts of all users or of all items, length `nUsers + 1` or `nItems + 1`. */
  starts(side: Side): Int32Array;
  /** The interactions of users `from` to `to` (exclusive), one row for each. */
  users(from: number, to: number): Interactions;
  /** The interactions of items `from` to `to` (exclusive): one row for each item, and all users as columns. */
  items(from: number, to: number): Interactions;
}

export type Side = 'users' | 'items';

export interface Stage {
  /** Unique among the stages of a model; letters, digits and `-`. */
  readonly name: string;
  /** Names of the stages of which it reads all parts. They come before it. */
  readonly needs: readonly string[];
  /** True if it has one part instead of one for each shard. */
  readonly whole?: true;
  /** The sweep that ends with it, from 1. After a sweep the model can be opened. */
  readonly sweep?: number;
}

export type PartTensors = Readonly<Record<string, Tensor>>;

/** Sizes from which the memory of a part follows. */
export interface ShardSizes {
  readonly nUsers: number;
  readonly nItems: number;
  readonly interactions: number;
  readonly weighted: boolean;
  readonly shards: number;
  readonly threads: number;
}

export interface ShardContext {
  readonly kernels: Kernels;
  readonly train: TrainRanges;
  readonly seed: number;
  readonly shards: number;
  readonly step: Step;
  /** A part of a stage that was computed before. */
  part(stage: string, shard: number): PartTensors;
}

/** How a model is computed in shards. `O`: its options, `M`: a model, `T`: its tables (`ShardedModel` of `_model.ts`). */
export interface Sharded<O, M, T> {
  /** In an order in which they can be computed. */
  stages(options: O): readonly Stage[];
  /** The stages of which `open` reads the parts, after this sweep; 0 for a model without sweeps. */
  made(sweep: number, options: O): readonly string[];
  /** Bytes that computing the largest part takes, besides the program. */
  memory(sizes: ShardSizes, options: O): number;
  /** Bytes that the opened model takes for the users of the largest shard. */
  opened(sizes: ShardSizes, options: O): number;
  /**
   * Computes a part and frees all kernel memory.
   * @param write called once with its tensors, which are valid during the call only
   * @throws RecdistillError `interrupted`, from the step
   */
  compute(
    stage: Stage,
    shard: number,
    context: ShardContext,
    options: O,
    write: (tensors: PartTensors) => void,
  ): Promise<void>;
  /** The tables of all users and items after a sweep, not in kernel memory, of a model with the capability `factors`. */
  tables?(sweep: number, context: ShardContext, options: O): T;
  /**
   * The model for users `from` to `to` (exclusive), which are its rows 0, 1, 2, ...
   * @param own the train interactions of these users
   */
  open(
    sweep: number,
    users: { readonly from: number; readonly to: number },
    own: Interactions,
    context: ShardContext,
    options: O,
  ): Promise<M>;
}

/** What a user or an item costs besides its interactions, in interactions: rankings have as many numbers. */
const ROW = 64;

/**
 * The ends of `shards` ranges of rows, such that interactions and rows are divided evenly. Range s is `[ends[s], ends[s + 1])`; it is empty if there are
 * more shards than rows.
 * @param starts row starts
 * @returns `shards + 1` numbers, from 0 to the number of rows
 */
export function rangesOf(starts: Int32Array, shards: number): Int32Array {
  const rows = starts.length - 1;
  const all = starts[rows]! + ROW * rows;
  const ends = new Int32Array(shards + 1);
  for (let shard = 1, row = 0; shard <= shards; shard++) {
    while (row < rows && (starts[row]! + ROW * row) * shards < all * shard) row += 1;
    ends[shard] = shard === shards ? rows : row;
  }
  return ends;
}
