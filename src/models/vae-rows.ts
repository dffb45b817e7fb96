/** Rows of a sparse matrix as input of an autoencoder: entries with dropout, and the targets of the loss. */

import { type Interactions, itemsOf } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, type Rows } from '../kernels/index.js';
import { type RandomKey, uniform } from '../math/random.js';

export interface RowBlock {
  readonly size: number;
  /** Weighted input of the encoder: `indptr[size]` entries; the arrays may be longer. */
  readonly input: Rows & { readonly weights: Floats };
  /** Row of the block for each entry of `input.indices`. */
  readonly rowOf: Int32Array;
  /** All entries of the rows. */
  readonly targets: Rows;
  close(): void;
}

/** Dropout of input entries. The remaining entries are scaled by 1 / (1 - rate). */
export interface Dropout {
  readonly rate: number;
  readonly key: RandomKey;
  readonly epoch: number;
}

/**
 * Copies the rows `ids` of `matrix` into kernel memory.
 * @param weightOf weight of an entry before dropout, by the number of entries of its row
 */
export function takeRowBlock(
  k: Kernels,
  matrix: Interactions,
  ids: Int32Array,
  weightOf: (entries: number) => number,
  dropout?: Dropout,
): RowBlock {
  let entries = 0;
  for (const id of ids) entries += matrix.indptr[id + 1]! - matrix.indptr[id]!;
  const take = () => ({
    ...{ rows: ids.length, columns: matrix.nItems },
    ...{ indptr: k.ints(ids.length + 1), indices: k.ints(entries) },
  });
  const targets: Rows = take();
  const input = { ...take(), weights: k.floats(entries) };
  const rowOf = k.ints(entries);
  const rate = dropout?.rate ?? 0;
  let [at, kept] = [0, 0];
  for (let r = 0; r < ids.length; r++) {
    const own = itemsOf(matrix, ids[r]!);
    const weight = weightOf(own.length) / (1 - rate);
    targets.indices.set(own, at);
    at += own.length;
    targets.indptr[r + 1] = at;
    for (let position = 0; position < own.length; position++) {
      // One random counter per entry and epoch, so the dropout mask does not depend on the batches.
      if (rate > 0 && uniform(dropout!.key, dropout!.epoch, matrix.indptr[ids[r]!]! + position) < rate) continue;
      input.indices[kept] = own[position]!;
      input.weights[kept] = weight;
      rowOf[kept] = r;
      kept += 1;
    }
    input.indptr[r + 1] = kept;
  }
  return {
    size: ids.length,
    input,
    rowOf,
    targets,
    close() {
      freeRows(k, input);
      freeRows(k, targets);
      k.free(rowOf);
    },
  };
}
