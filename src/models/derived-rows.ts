/**
 * A table of a row for each user that a network makes when it is asked for, and the way back from the gradients of its rows. Within a batch a row is
 * made once, as in training; outside it is made anew, as for ranking.
 */
import type { Floats, Kernels } from '../kernels/index.js';

/** What makes rows; `Piece` is what it keeps of users that were made together. */
export interface RowNetwork<Piece> {
  /** Writes the rows of `users` into `values`. @param epoch of the batch; absent outside of batches */
  make(users: Int32Array, values: Floats, epoch?: number): Piece;
  /** Takes gradients by the rows of a piece, one after the other, on to the parameters; may write over them. */
  back(piece: Piece, gradient: Floats): void;
  forget(piece: Piece): void;
}

/** `rows * width` numbers, and gradients with respect to them. */
export interface RowTable {
  readonly values: Floats;
  readonly gradient: Floats;
}

/** Takes memory for the table when it is first asked for. */
export interface DerivedRows {
  /** From here to `end` the rows are those of a training step of `epoch`. */
  begin(epoch: number): void;
  /** Makes the rows of `users`, or of all; within a batch those that it has not made yet. Returns the table, always the same. */
  update(users?: Int32Array): RowTable;
  /** Takes the gradients of the rows that were made in the batch on to the parameters, and clears them. */
  end(): void;
  close(): void;
}

/** Users that are made at a time when all are. */
const BLOCK = 1024;

/** @param width numbers of a row */
export function createDerivedRows<Piece>(
  k: Kernels,
  rows: number,
  width: number,
  network: RowNetwork<Piece>,
): DerivedRows {
  let table: RowTable | undefined;
  // Number of the batch in which a user's row was made.
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
