/**
 * A table with a row per user that a network computes on demand, and back-propagation from the gradients of its rows. Within a batch a
 * row is computed once, in training mode. Outside of batches it is computed again in each call, for ranking.
 */
import type { Floats, Kernels } from '../kernels/index.js';

/** The network that computes rows. `Piece` is what it stores for back-propagation of users that were computed together. */
export interface RowNetwork<Piece> {
  /** Writes the rows of `users` into `values`. @param epoch of the batch; absent outside of batches */
  make(users: Int32Array, values: Floats, epoch?: number): Piece;
  /** Back-propagates the gradients of the rows of a piece, in order, to the parameters. May overwrite them. */
  back(piece: Piece, gradient: Floats): void;
  forget(piece: Piece): void;
}

/** `rows * width` values and their gradients. */
export interface RowTable {
  readonly values: Floats;
  readonly gradient: Floats;
}

/** Memory for the table is allocated on first use. */
export interface DerivedRows {
  /** Begins a training step of `epoch`, which lasts until `end`. */
  begin(epoch: number): void;
  /** Computes the rows of `users`, or of all; within a batch only those not computed yet. Returns the table, always the same. */
  update(users?: Int32Array): RowTable;
  /** Back-propagates the gradients of the rows computed in the batch, and clears them. */
  end(): void;
  close(): void;
}

/** Users per block when all rows are computed. */
const BLOCK = 1024;

/** @param width values per row */
export function createDerivedRows<Piece>(
  k: Kernels,
  rows: number,
  width: number,
  network: RowNetwork<Piece>,
): DerivedRows {
  let table: RowTable | undefined;
  // The batch in which a user's row was computed last.
  const madeIn = new Float64Array(rows);
  let batch: { readonly epoch: number; readonly number: number; readonly made: [Int32Array, Piece][] } | undefined;
  let batches = 0;
  const back = ({ gradient }: RowTable, users: Int32Array, piece: Piece) => {
    const own = k.floats(users.length * width);
    for (let r = 0; r < users.length; r++) {
      const row = gradient.subarray(users[r]! * width, (users[r]! + 1) * width);
      own.set(row, r * width);
      row.fill(0);
    }
    network.back(piece, own);
    k.free(own);
  };
  return {
    begin(epoch) {
      batches += 1;
      batch = { epoch, number: batches, made: [] };
    },
    update(users = Int32Array.from({ length: rows }, (_, u) => u)) {
      table ??= { values: k.floats(rows * width), gradient: k.floats(rows * width) };
      if (!batch) {
        for (let start = 0; start < users.length; start += BLOCK)
          network.forget(network.make(users.slice(start, start + BLOCK), table.values));
        return table;
      }
      const { number, epoch, made } = batch;
      const missing = users.filter((u) => madeIn[u] !== number);
      for (const u of missing) madeIn[u] = number;
      if (missing.length > 0) made.push([missing, network.make(missing, table.values, epoch)]);
      return table;
    },
    end() {
      for (const [users, piece] of batch?.made ?? []) {
        back(table!, users, piece);
        network.forget(piece);
      }
      batch = undefined;
    },
    close() {
      for (const [, piece] of batch?.made ?? []) network.forget(piece);
      if (table) k.free(table.values, table.gradient);
    },
  };
}
