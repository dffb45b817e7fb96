/** The interface of what lists of all users are made from. */
import type { Kernels } from '../../kernels/index.js';

/** Lists of consecutive users. */
export interface Block {
  /** Position of the first user in the output. */
  readonly from: number;
  readonly count: number;
  /** `count * k` item indices, row by row, best first. Shorter lists are padded with -1. */
  readonly items: Int32Array;
  /** One for each of `items`; those of the padding mean nothing. Absent if only the order is known. */
  readonly scores?: Float32Array;
}

export interface Selection {
  /** Length of the lists, at least 1. */
  readonly k: number;
  /** Items that may be listed, ascending. Absent: all. */
  readonly items?: Int32Array | undefined;
}

export interface ListSource {
  /** Number of users of the output. */
  readonly nUsers: number;
  userId(n: number): string;
  readonly itemIds: readonly string[];
  readonly labels?: readonly string[];
  readonly hasScores: boolean;
  /** The lists of the users from `from` to `to`, in blocks. A block takes about a tenth of a second. */
  blocks(kernels: Kernels, from: number, to: number): Generator<Block, void>;
}
