/**
 * The encoder of CDAE: rows [h_u, 1] with h_u = sigmoid(We' x_u + be + p_u), made for the users that are asked for, and the way back from
 * their gradients. Within a batch items are dropped from x_u, the same for every loss; outside x_u is whole.
 */
import { stream } from '../config/random.js';
import type { Interactions } from '../data/interactions.js';
import type { Floats, Kernels } from '../kernels/index.js';
import type { Parameter } from './_model.js';
import { freeParameters, normalTable, zeroTable } from './factors.js';
import { type Dropout, type RowBlock, takeRowBlock } from './vae-rows.js';

export interface Encoder {
  readonly parameters: readonly Parameter[];
  /** `users * (dim + 1)` numbers: [h_u, 1]. */
  readonly hidden: Floats;
  /** Gradients with respect to `hidden`. */
  readonly gradient: Floats;
  /** From here to `end` the rows are those of a training step of `epoch`. */
  begin(epoch: number): void;
  /** Makes the rows of `users`, or of all; within a batch those that it has not made yet. */
  update(users?: Int32Array): void;
  /** Takes the gradients of the rows that were made in the batch on to the parameters, and clears them. */
  end(): void;
  close(): void;
}

/** Users that were made together in a batch. */
interface Piece {
  readonly users: Int32Array;
  readonly block: RowBlock;
  /** h_u of each, `users * dim` numbers. */
  readonly h: Floats;
}

/** Users that are made at a time when all are. */
const BLOCK = 1024;

export function createEncoder(
  k: Kernels,
  train: Interactions,
  o: { readonly dim: number; readonly dropout: number },
  seed: number,
): Encoder {
  const { dim } = o;
  const width = dim + 1;
  const table = (name: string, rows: number, of: 'users' | 'items') =>
    normalTable(k, name, rows, dim, stream(seed, `cdae ${name}`), Math.sqrt(2 / (rows + dim)), of);
  const weights = table('encoder', train.items, 'items');
  const bias = zeroTable(k, 'encoderBias', [dim]);
  const own = table('users', train.users, 'users');
  const [hidden, gradient] = [k.floats(train.users * width), k.floats(train.users * width)];
  const dropKey = stream(seed, 'cdae dropout');
  // Number of the batch in which a user's row was made.
  const madeIn = new Float64Array(train.users);
  let batch: { readonly dropout: Dropout; readonly number: number; readonly pieces: Piece[] } | undefined;
  let batches = 0;

  const make = (users: Int32Array, dropout?: Dropout): Piece => {
    const block = takeRowBlock(k, train, users, () => 1, dropout);
    const [h, sums] = [k.floats(users.length * dim), k.floats(users.length * dim)];
    for (let r = 0; r < users.length; r++) {
      h.set(own.values.subarray(users[r]! * dim, (users[r]! + 1) * dim), r * dim);
    }
    k.propagate(block.input, weights.values, sums, dim, h);
    k.addBias(h, bias.values, users.length, dim);
    k.sigmoid(h, users.length * dim);
    for (let r = 0; r < users.length; r++) {
      hidden.set(h.subarray(r * dim, (r + 1) * dim), users[r]! * width);
      hidden[users[r]! * width + dim] = 1;
    }
    k.free(sums);
    return { users, block, h };
  };
  const forget = ({ block, h }: Piece) => {
    block.close();
    k.free(h);
  };
  const back = ({ users, block, h }: Piece) => {
    const n = users.length;
    const dh = k.floats(n * dim);
    for (let r = 0; r < n; r++) {
      const row = gradient.subarray(users[r]! * width, (users[r]! + 1) * width);
      dh.set(row.subarray(0, dim), r * dim);
      row.fill(0);
    }
    k.sigmoidBackward(h, dh, n * dim);
    k.columnSums(dh, bias.gradient, n, dim);
    for (let r = 0; r < n; r++) {
      for (let d = 0; d < dim; d++) own.gradient[users[r]! * dim + d]! += dh[r * dim + d]!;
    }
    k.accumulate(
      weights.gradient,
      block.input.indices,
      dh,
      block.rowOf,
      block.input.weights,
      dim,
      block.input.indptr[n]!,
    );
    k.free(dh);
  };

  return {
    parameters: [weights, bias, own],
    hidden,
    gradient,
    begin(epoch) {
      batches += 1;
      batch = { dropout: { rate: o.dropout, key: dropKey, epoch }, number: batches, pieces: [] };
    },
    update(users = everyone(train.users)) {
      if (!batch) {
        for (let start = 0; start < users.length; start += BLOCK) forget(make(users.slice(start, start + BLOCK)));
        return;
      }
      const { number, dropout, pieces } = batch;
      const missing = users.filter((u) => madeIn[u] !== number);
      for (const u of missing) madeIn[u] = number;
      if (missing.length > 0) pieces.push(make(missing, dropout));
    },
    end() {
      for (const piece of batch?.pieces ?? []) {
        back(piece);
        forget(piece);
      }
      batch = undefined;
    },
    close() {
      for (const piece of batch?.pieces ?? []) forget(piece);
      k.free(hidden, gradient);
      freeParameters(k, [weights, bias, own]);
    },
  };
}

const everyone = (users: number): Int32Array => Int32Array.from({ length: users }, (_, u) => u);
